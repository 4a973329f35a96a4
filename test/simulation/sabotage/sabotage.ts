import { vi } from 'vitest'
import type { Result } from '../run-seed.ts'
import type { Profile } from '../settings.ts'
import type { ViolationName } from '../violation.ts'

/** Every way of breaking the engine must be found within this many seeds. */
const seeds = 500

/** Some exports of one module of the engine, replaced. */
interface Change {
  /** Relative to this folder. */
  module: string
  // biome-ignore lint/suspicious/noExplicitAny: exports of any module.
  change: (original: any) => Record<string, unknown>
}

/** One way of breaking the engine. */
export interface Sabotage extends Change {
  name: string
  /** Changed as well, where the engine holds a promise in two ways. */
  and?: Change
  /** @default mixed */
  profile?: Profile
  /** Names of the violations that may give it away. */
  by: ViolationName[]
  /** The seed that is tried first, where finding one takes long: one that gave it away lately. @default 1 */
  from?: number
}

/** A seed that gives a sabotage away; where a run merely does not end, that must be what is expected. */
export async function firstToFind({
  profile = 'mixed',
  by,
  from = 1,
  ...sabotage
}: Sabotage): Promise<Result | undefined> {
  const changes = [sabotage, ...(sabotage.and ? [sabotage.and] : [])]
  vi.resetModules()
  for (const each of changes) mock(each)
  const { stackTraceLimit } = Error
  try {
    const { runSeed } = await import('../run-seed.ts')
    // Injected faults are errors by the thousand, and nobody reads where they were made.
    Error.stackTraceLimit = 0
    for (let tried = 0; tried < seeds; tried++) {
      const seed = ((from - 1 + tried) % seeds) + 1
      const result = await runSeed({ seed, profile })
      const name = result.violation?.name
      if (name && (name !== 'unbounded' || by.includes(name))) return result
    }
    return undefined
  } finally {
    Error.stackTraceLimit = stackTraceLimit
    for (const { module } of changes) vi.doUnmock(module)
  }
}

function mock({ module, change }: Change): void {
  vi.doMock(module, async (original) => {
    const exports = await original<Record<string, never>>()
    const changed = change(exports)
    const unknown = Object.keys(changed).filter((name) => !(name in exports))
    if (unknown.length > 0) throw new Error(`Expected ${module} to export ${unknown.join(', ')}, which it does not`)
    return { ...exports, ...changed }
  })
}
