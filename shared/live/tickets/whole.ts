import { writeAlias } from '../../facts/builds.ts'
import { type Build, loseBuild } from '../../ledger/builds.ts'
import type { LedgerTable } from '../../ledger/table.ts'
import { inParallel } from '../../runtime/parallel.ts'
import type { Runtime } from '../../runtime/ports.ts'
import type { Search } from '../../search/ports.ts'

/** Between two looks at an index, ms: a cluster that has lost its manager for a moment may not know it. */
const secondLookMs = 5_000

/** Indices asked for at once. */
const atOnce = 4

export interface WholeEngine {
  ledger: LedgerTable
  /** With retries. */
  search: Pick<Search, 'indices'>
  runtime: Pick<Runtime, 'clock' | 'sleep' | 'emit'>
}

/**
 * Whether the indices of a build are those that it began with, and each is written through its alias. Looks twice before it
 * says no, and then records that the build is lost: documents that are gone with an index are sent by nobody again.
 */
export async function isWhole(build: Build, { ledger, search, runtime }: WholeEngine): Promise<boolean> {
  if (await hasItsIndices(build, search)) return true
  await runtime.sleep(secondLookMs)
  if (await hasItsIndices(build, search)) return true
  await loseBuild(ledger, build, 'replaced', runtime.clock())
  runtime.emit({ code: 'build.lost', run: build.run, build: build.n, because: 'replaced' })
  return false
}

async function hasItsIndices({ indices }: Build, search: Pick<Search, 'indices'>): Promise<boolean> {
  const same = await inParallel(atOnce, Object.values(indices), async ({ name, uuid }) => {
    const [found, ...others] = await search.indices(writeAlias(name))
    return others.length === 0 && found?.name === name && found.uuid === uuid
  })
  return same.every((each) => each)
}
