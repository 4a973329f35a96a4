import type { UnitKind } from '../../../shared/dynamodb/budget.ts'
import type { ChunkRecord } from '../../../shared/ledger/chunks.ts'
import type { Counted, RunBudget } from '../../../shared/ledger/control.ts'
import { runPk } from '../../../shared/ledger/keys.ts'
import type { Put } from '../../../shared/ledger/table.ts'
import type { Sandbox } from '../lambda/sandbox.ts'
import { type Violation, violation } from '../violation.ts'
import type { World } from '../world.ts'

/**
 * In a window of so many seconds passes take at most what comes in within it, and so much more: 1.1 times the budget in any
 * minute. Source: docs/control.md. Most of the quick runs have no minute full of work.
 */
const WINDOWS = [
  { seconds: 60, more: 6 },
  { seconds: 20, more: 8 },
]
const MINUTE_MS = 60_000
/** A smaller budget holds after this time, and who was held up by a fault is not bound to it. */
const OBEYED_MS = 10_000
const HELD_UP_MS = 15_000
/** A chunk that nobody has touched for so long has no part in the budget. */
const ABANDONED_MS = 6 * MINUTE_MS
/** More than two clocks differ. */
const COUNTED_MS = 10_000
/** A key is split after some work: at least this part of the time after which it counts as hot. */
const LEAST_WORK = 0.1

/** Units that were taken by one request, counted when it was sent. */
interface Taken {
  at: number
  units: number
}

/** A budget, from when on; `undefined` for no limit. */
interface Limit {
  at: number
  units: number | undefined
}

/** Watches what passes take of the tables, by the account of the simulated service: I14. */
export class CapacityChecks {
  readonly #world: World
  /** By run and kind. */
  readonly #limits = new Map<string, Limit[]>()
  readonly #taken = new Map<string, Taken[]>()
  /** Keys that were split before, and when that was first known. */
  readonly #heavy = new Map<string, number>()

  constructor(world: World) {
    this.#world = world
  }

  onCommit(puts: Put[], by: string, chunks: Iterable<ChunkRecord>): void {
    const { now } = this.#world
    for (const { row } of puts) {
      if (row.pk.startsWith('HEAVY#') && !this.#heavy.has(String(row.key))) this.#heavy.set(String(row.key), now)
      if (row.sk !== 'CONTROL') continue
      const { readUnits, writeUnits } = (row.budget ?? {}) as Partial<RunBudget>
      this.#limit(`${row.pk} read`, readUnits)
      this.#limit(`${row.pk} write`, writeUnits)
      if (row.counted && by.startsWith('watchdog~')) this.#counted(row.pk, row.counted as Counted, chunks)
    }
  }

  /** A request to a table is sent. @returns to be called with what it takes, whenever it lands. */
  sends(by: Sandbox): (kind: UnitKind, units: number) => void {
    const { run, pass, chunk } = by.invocation?.payload ?? {}
    if (typeof run !== 'string' || pass === undefined || chunk === undefined) return () => {}
    // What a fault holds up learns of a budget late.
    const isLate = by.heldUpMsSince(this.#world.now - HELD_UP_MS) > 0
    const { now: at } = this.#world
    return (kind, units) => {
      const name = `${runPk(run)} ${kind}`
      if (isLate || !this.#limits.has(name)) return
      const taken = this.#taken.get(name) ?? []
      this.#taken.set(name, taken)
      taken.push({ at, units })
    }
  }

  /** A slice has split a key. */
  split(by: Sandbox, chunk: string, key: string): void {
    const { startedAt = 0 } = by.invocation ?? {}
    // Keys that were heavy before are split as soon as they are reached.
    if (chunk.startsWith('k') || this.#heavy.get(key)! < startedAt) return
    const leastMs = this.#world.settings.splitAfterSeconds * 1000 * LEAST_WORK
    if (by.workedMs >= leastMs) return
    const text = `${by.name} has split ${key} after ${Math.round(by.workedMs)} ms of work, and ${Math.round(this.#world.now - startedAt)} ms in all`
    this.#world.violated(violation('split without work', text, { chunks: [chunk] }))
  }

  /** What was taken too much of, if anything. */
  atTheEnd(): Violation | undefined {
    for (const [name, all] of this.#taken) {
      const limits = this.#limits.get(name)!
      all.sort((a, b) => a.at - b.at)
      for (const { seconds, more } of WINDOWS) {
        let [to, sum] = [0, 0]
        for (const first of all) {
          while (to < all.length && all[to]!.at < first.at + seconds * 1_000) sum += all[to++]!.units
          const allowed = (allowedIn(limits, first.at, seconds) * (seconds + more)) / seconds
          if (sum > allowed + 1) {
            const since = new Date(first.at).toISOString()
            const text = `${name}: ${sum} units in the ${seconds} seconds from ${since}, of ${allowed} allowed`
            return violation('over budget', text)
          }
          sum -= first.units
        }
      }
    }
    return undefined
  }

  #limit(name: string, units: number | undefined): void {
    const before = this.#limits.get(name) ?? []
    if (units === before.at(-1)?.units) return
    if (units !== undefined) this.#world.hit('path: budget')
    this.#limits.set(name, [...before, { at: this.#world.now, units }])
  }

  #counted(run: string, { pass, slices, at }: Counted, chunks: Iterable<ChunkRecord>): void {
    const { now } = this.#world
    let possible = 0
    for (const chunk of chunks) {
      if (runPk(chunk.run) !== run || chunk.pass !== pass) continue
      // One that has ended since was open when it was counted.
      if (chunk.state !== 'open') possible += chunk.updatedAt > at - COUNTED_MS ? 1 : 0
      else if (chunk.slices === 0 || Math.max(chunk.updatedAt, chunk.deadline ?? 0) + ABANDONED_MS > now) possible++
      else this.#world.hit('path: abandoned chunk')
    }
    this.#world.hit('path: slices counted')
    if (slices <= Math.max(1, possible)) return
    const text = `${slices} slices share the budget of ${run}, and only ${possible} can be at work`
    this.#world.violated(violation('wasted share', text))
  }
}

/** Units that come in within so many seconds from then on: a smaller budget holds a little later. */
function allowedIn(limits: Limit[], from: number, seconds: number): number {
  let allowed = 0
  for (let at = from; at < from + seconds * 1_000; at += 1_000) allowed += limitAt(limits, at)
  return allowed
}

function limitAt(limits: Limit[], at: number): number {
  let most = 0
  limits.forEach((limit, i) => {
    const ends = limits[i + 1]?.at ?? Number.POSITIVE_INFINITY
    if (limit.at <= at && ends > at - OBEYED_MS) most = Math.max(most, limit.units ?? Number.POSITIVE_INFINITY)
  })
  // Before the first one there was none.
  return at - OBEYED_MS < limits[0]!.at ? Number.POSITIVE_INFINITY : most
}
