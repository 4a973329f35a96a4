import { Budget, type UnitKind } from '../../dynamodb/budget.ts'
import { Meter, type Units } from '../../dynamodb/meter.ts'
import type { ChunkRecord, Using } from '../../ledger/chunks.ts'
import type { Control } from '../../ledger/control.ts'
import { type AtOnce, partOf, partOfChild } from '../../ledger/shares.ts'
import type { Tallies } from '../../ledger/tallies.ts'
import type { Deadline, Runtime } from '../../runtime/ports.ts'
import type { Ask } from '../../runtime/retry.ts'
import { OutOfTime } from './errors.ts'
import { WorkClock } from './work-clock.ts'

/** Reading or writing one page should take no more than this many seconds of the share. */
const pageSeconds = 3
/** What an earlier slice of the chunk may still take before it notices that it has been replaced, seconds of the share. */
const handoverSeconds = 10
/** A wait for budget gives up this long before the slice must end, or a tenth of the slice before. */
const longestReserveMs = 10_000

const kinds = ['read', 'write'] as const satisfies UnitKind[]

export interface CapacityEngine {
  runtime: Pick<Runtime, 'clock' | 'sleep'>
  deadline: Deadline
  sliceMs: number
  atOnce: AtOnce
}

/** What one slice may take of the tables: its share of the run's budget, and what it has taken. */
export class Capacity {
  /** The clock of the slice without the time in which it was throttled, or waited for budget. */
  readonly work: WorkClock
  /** Called while a call waits for budget. */
  onWait: () => void = () => {}
  readonly atOnce: AtOnce
  readonly #engine: CapacityEngine
  readonly #chunk: ChunkRecord
  readonly #budgets: Record<UnitKind, Budget>
  readonly #meter: Meter
  #control: Control
  /** Until the slice has ended. */
  #isOver = false
  /** What has been taken and waited since the last checkpoint, and when that was. */
  #since: { at: number; taken: Units; waitedMs: Units }

  /**
   * @param chunk as claimed by the slice.
   * @param isTakenOver an earlier slice of the chunk may still be at work.
   * @param ask throws why the slice must stop.
   */
  constructor(
    chunk: ChunkRecord,
    { control, isTakenOver }: { control: Control; isTakenOver: boolean },
    ask: () => Promise<void>,
    engine: CapacityEngine,
  ) {
    const { clock, sleep } = engine.runtime
    this.#chunk = chunk
    this.#control = control
    this.#engine = engine
    this.atOnce = engine.atOnce
    this.work = new WorkClock(clock)
    this.#budgets = { read: new Budget(clock, this.#shareOf('read')), write: new Budget(clock, this.#shareOf('write')) }
    if (isTakenOver) for (const kind of kinds) this.#budgets[kind].owe(handoverSeconds)
    this.#meter = new Meter({
      sleep,
      budgets: this.#budgets,
      ask: async () => {
        if (this.#isOver || engine.deadline.remainingMs() < Math.min(longestReserveMs, engine.sliceMs / 10))
          throw new OutOfTime(chunk.id)
        await ask()
      },
      waits: (kind, ms) => {
        this.work.throttled(ms)
        this.#since.waitedMs[kind] += ms
        this.onWait()
      },
    })
    this.#since = { at: clock(), taken: { ...this.#meter.taken }, waitedMs: { read: 0, write: 0 } }
  }

  /** The control row was read: the share may be another one. */
  told(control: Control): void {
    this.#control = control
    for (const kind of kinds) this.#budgets[kind].allow(this.#shareOf(kind))
  }

  /** Lets `ask` pay for calls, and tells of throttled ones. */
  attach(ask: Ask): void {
    ask.spend = (kind, units) => this.#meter.spend(kind, units)
    ask.throttled = (waitMs) => {
      this.work.throttled(waitMs)
      for (const kind of kinds) this.#budgets[kind].throttled()
    }
  }

  /** No call waits any longer. */
  end(): void {
    this.#isOver = true
  }

  /** Units that the slice has taken. */
  get taken(): Pick<Tallies, 'readUnits' | 'writeUnits'> {
    const { read, write } = this.#meter.taken
    return { readUnits: read, writeUnits: write }
  }

  /**
   * Most items of a page that suits the share.
   * @param begun items of the chunk in the pages started so far, by this slice and earlier ones.
   */
  mostItems(begun: number): number {
    const { tallies } = this.#chunk
    const before = { read: tallies.readUnits ?? 0, write: tallies.writeUnits ?? 0 }
    const most = (kind: UnitKind) => {
      const perItem = begun > 0 ? (before[kind] + this.#meter.taken[kind]) / begun : 1
      return perItem === 0 ? Number.POSITIVE_INFINITY : (pageSeconds * this.#budgets[kind].rate) / perItem
    }
    return Math.max(1, Math.floor(Math.min(...kinds.map(most))))
  }

  /** The part of its share that each of so many children takes until they are counted. */
  partOfChild(ways: number): number {
    return partOfChild(this.#control, this.#chunk, ways, this.atOnce)
  }

  /** What was taken a second since the last checkpoint, which is now; `undefined` without a budget. */
  using(): Using | undefined {
    const { clock } = this.#engine.runtime
    const { at, taken, waitedMs } = this.#since
    const seconds = Math.max(1, (clock() - at) / 1_000)
    this.#since = { at: clock(), taken: { ...this.#meter.taken }, waitedMs: { read: 0, write: 0 } }
    if (!this.#control.budget) return undefined
    const [read, write] = kinds.map((kind) => Math.round(((this.#meter.taken[kind] - taken[kind]) / seconds) * 10) / 10)
    const [longest] = kinds.toSorted((a, b) => waitedMs[b] - waitedMs[a])
    return { read: read!, write: write!, ...(waitedMs[longest!] > 0 && { waitsFor: longest! }) }
  }

  #shareOf(kind: UnitKind): number {
    const units = this.#control.budget?.[`${kind}Units`]
    return units === undefined ? Number.POSITIVE_INFINITY : units * partOf(this.#control, this.#chunk, this.atOnce)
  }
}
