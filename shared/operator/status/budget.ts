import type { UnitKind } from '../../dynamodb/budget.ts'
import type { Units } from '../../dynamodb/meter.ts'
import type { ChunkRecord } from '../../ledger/chunks.ts'
import type { RunBudget } from '../../ledger/control.ts'
import { duration, grouped, printable } from '../../runtime/text.ts'
import type { Progress } from './read.ts'

const kinds = ['read', 'write'] as const satisfies UnitKind[]

/** What the slices at work take of a budget, by their last checkpoints. */
interface Taken {
  /** Units a second. */
  units: Units
  /** Slices that wait for units of a kind. */
  waiting: Units
}

function takenBy(chunks: readonly ChunkRecord[], at: number): Taken {
  const taken: Taken = { units: { read: 0, write: 0 }, waiting: { read: 0, write: 0 } }
  for (const { state, deadline = 0, using } of chunks) {
    if (state !== 'open' || deadline <= at || !using) continue
    for (const kind of kinds) taken.units[kind] += using[kind]
    if (using.waitsFor) taken.waiting[using.waitsFor]++
  }
  return taken
}

/** `500 write units a second; by alice, 5m ago: the shift begins`; `undefined` without a budget. */
export function budgetWords({ control: { budget }, at }: Pick<Progress, 'control' | 'at'>): string | undefined {
  if (!budget) return undefined
  const who = budget.by === undefined ? 'somebody unknown' : printable(budget.by)
  const ago = budget.at > at ? '' : `, ${duration(at - budget.at)} ago`
  return `${limitWords(budget)}; by ${who}${ago}: ${budget.why === undefined ? 'no reason given' : printable(budget.why)}`
}

/** `200 read and 500 write units a second`. */
export function limitWords(budget: Pick<RunBudget, 'readUnits' | 'writeUnits'>): string {
  const limits = kinds.flatMap((kind) => {
    const units = budget[`${kind}Units`]
    return units === undefined ? [] : [`${grouped(units)} ${kind}`]
  })
  return `${limits.join(' and ')} units a second`
}

/** `for budget: 120 of 500 write units a second`, where slices wait for it. */
export function budgetWait({ control: { budget }, chunks, at }: Progress): string | undefined {
  if (!budget) return undefined
  const { units, waiting } = takenBy(chunks, at)
  const [kind] = kinds.toSorted((a, b) => waiting[b] - waiting[a]) as [UnitKind, UnitKind]
  const limit = budget[`${kind}Units`]
  if (waiting[kind] === 0 || limit === undefined) return undefined
  return `for budget: ${grouped(units[kind])} of ${grouped(limit)} ${kind} units a second`
}

/** The budget for programs; `null` without one. */
export function budgetReport({ control: { budget, counted }, chunks, at }: Progress) {
  if (!budget) return null
  const { readUnits = null, writeUnits = null, by = null, why = null } = budget
  const { units, waiting } = takenBy(chunks, at)
  return {
    ...{ readUnits, writeUnits, by, at: new Date(budget.at).toISOString(), why },
    using: { readUnits: Math.round(units.read), writeUnits: Math.round(units.write) },
    waiting: waiting.read + waiting.write,
    sharedBy: counted?.slices ?? null,
  }
}
