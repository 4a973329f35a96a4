import { isWholeKey } from '../../chunks/chunk.ts'
import { readChunk } from '../../chunks/read-chunk.ts'
import type { KeyValue } from '../../dynamodb/attributes.ts'
import { DynamoDbError } from '../../dynamodb/errors.ts'
import { encodeKeyValue, type Key } from '../../dynamodb/key.ts'
import type { Page } from '../../dynamodb/ports.ts'
import { type ChunkRecord, replaceChunk } from '../../ledger/chunks.ts'
import { readControl } from '../../ledger/control.ts'
import { continueUnless, StoppedError, type StopReason, stopReason, type WhyTold } from '../../ledger/fencing.ts'
import { listHeavy } from '../../ledger/heavy.ts'
import { readLag } from '../../ledger/lag.ts'
import { kindOf, passes } from '../../ledger/passes.ts'
import type { RunRecord } from '../../ledger/runs.ts'
import type { LedgerTable } from '../../ledger/table.ts'
import { addAliasTallies, addTallies, noTallies } from '../../ledger/tallies.ts'
import { readWholeKeys } from '../../ledger/whole-keys.ts'
import type { Ask } from '../../runtime/retry.ts'
import { SearchError } from '../../search/errors.ts'
import { Capacity } from './capacity.ts'
import type { SliceEngine } from './engine.ts'
import { OutOfTime, UndrainedError } from './errors.ts'
import { HotKeyWatch } from './hot-key.ts'
import { InFlightPages } from './in-flight.ts'
import type { Outcome } from './outcome.ts'
import { PageSize } from './page-size.ts'
import type { PageTallies, Pass } from './pass.ts'
import { ScanOrder } from './scan-order.ts'
import { trySplit } from './split.ts'
import { type SliceTask, startSlice } from './start.ts'

/** Checkpoints are at most this far apart. */
const checkpointMs = 5_000
/** The same of a slice that waits for budget: nobody must take it for dead. */
const touchMs = 60_000
/** Pages being written at once, besides the one being read. */
const pagesInFlight = 2
/** The longest pause between two pages that leaves capacity to live changes. */
const longestPauseMs = 5_000

/**
 * One invocation's work on one chunk: read a page, apply the pass, advance the cursor, checkpoint, and stop in time.
 * Near the limit, or early if one key takes too long, it splits the chunk.
 * @throws UndrainedError when reads or writes are still pending as the limit nears; the process must then exit.
 * @throws the error of the table or ledger after its retries, once all acknowledged pages are checkpointed. A retryable
 * error is thrown only if the slice made no progress, because it counts towards the failure of the chunk.
 */
export async function runSlice(task: SliceTask, engine: SliceEngine): Promise<Outcome> {
  const { ledger, runtime, deadline } = engine
  const hardDeadline = runtime.clock() + deadline.remainingMs()
  const started = await startSlice(ledger, task, engine.code, runtime.clock(), hardDeadline)
  if (started.kind === 'ended') return started.outcome
  const { run, record } = started
  runtime.emit({ code: 'slice.started', run: run.id, chunk: record.id, epoch: record.epoch })
  const whyStop = stopReason(ledger, task, engine.code, runtime.clock, (control) => capacity.told(control))
  const atOnce = { deployed: engine.concurrency, wanted: Math.min(engine.concurrency, run.concurrency ?? Infinity) }
  const capacity = new Capacity(record, started, continueUnless(whyStop), { ...engine, atOnce })
  let unanswered = 0
  const ask: Ask = continueUnless(whyStop)
  ask.unanswered = () => {
    unanswered = runtime.clock()
  }
  capacity.attach(ask)
  const pass = engine.openPass(run, record.pass, ask)
  const watch = new HotKeyWatch(
    capacity.work.now,
    engine.splitAfterMs,
    encoded(await heavyIn(run, record, pass, ledger)),
  )
  const isJumping = record.chunk.kind === 'segment' && (run.wholeKeys?.[record.pass] ?? 0) > 0
  const jumped = encoded(isJumping ? await readWholeKeys(ledger, run.id, record.pass) : [])
  const slice = new Slice({ run, record, pass, whyStop, engine, capacity, watch, jumped, unanswered: () => unanswered })
  const outcome = await withinLimit(slice.toItsEnd(), record.id, engine)
  capacity.end()
  const tallies = slice.record.tallies
  runtime.emit({ code: 'slice.ended', run: run.id, chunk: record.id, outcome: outcome.outcome, tallies })
  return outcome
}

/** The partition keys to split as soon as they are reached. */
async function heavyIn(run: RunRecord, record: ChunkRecord, pass: Pass, ledger: LedgerTable): Promise<KeyValue[]> {
  if (!run.split) return []
  if (record.chunk.kind === 'range') return isWholeKey(record) ? [record.chunk.pk] : []
  return (await listHeavy(ledger, pass.table.name)).map(({ pk }) => pk)
}

function encoded(keys: KeyValue[]): ReadonlySet<string> {
  return new Set(keys.map(encodeKeyValue))
}

/** @throws UndrainedError early enough before the limit to report it, even if `work` hangs. */
async function withinLimit<T>(work: Promise<T>, chunk: string, engine: SliceEngine): Promise<T> {
  const { runtime, deadline, sliceMs } = engine
  const margin = Math.min(1_000, sliceMs / 20)
  work.catch(() => {}) // Thrown below, unless time runs out first.
  const wake = new AbortController()
  const late = runtime.sleep(Math.max(0, deadline.remainingMs() - margin), wake.signal).then(() => 'late' as const)
  try {
    const first = await Promise.race([work, late])
    if (first === 'late') throw new UndrainedError(chunk)
    return first
  } finally {
    wake.abort()
  }
}

/** Why a slice reads no more pages. `taken`: a newer slice has the chunk. */
type Reason = 'end' | 'time' | 'hot' | 'taken' | WhyTold

interface Parts {
  run: RunRecord
  record: ChunkRecord
  pass: Pass
  whyStop: StopReason
  engine: SliceEngine
  capacity: Capacity
  watch: HotKeyWatch
  /** Encoded partition keys that have chunks of their own. */
  jumped: ReadonlySet<string>
  /** When a write last got no answer, ms since the epoch; 0 if all got one. */
  unanswered: () => number
}

class Slice {
  /** The row as last stored. */
  record: ChunkRecord
  readonly #run: RunRecord
  readonly #engine: SliceEngine
  readonly #capacity: Capacity
  readonly #watch: HotKeyWatch
  readonly #pass: Pass
  readonly #whyStop: StopReason
  readonly #inFlight: InFlightPages
  readonly #pageSize: PageSize
  /** The row when the slice began; the tallies of acknowledged pages are added to it. */
  readonly #base: ChunkRecord
  readonly #jumped: Parts['jumped']
  readonly #order: ScanOrder
  readonly #unanswered: Parts['unanswered']
  #checkpointedAt: number
  /** The checkpoint that is under way. */
  #storing: Promise<unknown> | undefined
  /** Items of the chunk in the pages started so far, by this slice and earlier ones. */
  #begun: number
  /** Live changes are hours behind: leave half of the destination's capacity to them. */
  #slowDown = false
  /** The page being read ahead. */
  #next: Promise<Page> | undefined

  constructor({ run, record, pass, whyStop, engine, capacity, watch, jumped, unanswered }: Parts) {
    this.#run = run
    this.record = record
    this.#base = record
    this.#engine = engine
    this.#capacity = capacity
    this.#watch = watch
    this.#pass = pass
    this.#whyStop = whyStop
    this.#jumped = jumped
    this.#unanswered = unanswered
    this.#order = new ScanOrder(run, record, engine)
    this.#inFlight = new InFlightPages(record.cursor, pagesInFlight)
    this.#pageSize = new PageSize(
      engine.sliceMs,
      {
        writes: passes[kindOf(record.pass)].writes !== false,
        isStuck: record.starts.at(-2) === record.tallies.read,
        patienceMs: pass.patienceMs,
      },
      () => capacity.mostItems(this.#begun),
    )
    this.#checkpointedAt = engine.runtime.clock()
    this.#begun = record.tallies.read
    capacity.onWait = () => {
      if (engine.runtime.clock() - this.#checkpointedAt < touchMs) return
      // If another slice has the chunk, the next checkpoint of this one says so.
      this.#checkpoint().catch(() => {})
    }
  }

  async toItsEnd(): Promise<Outcome> {
    try {
      return await this.#readOn()
    } catch (error) {
      const { outcome, isStored } = await this.#endAfter()
      if (StoppedError.is(error))
        return outcome?.outcome === 'done' ? outcome : { outcome: 'stopped', reason: error.reason }
      if (OutOfTime.is(error)) return outcome ?? (isStored ? { outcome: 'more' } : this.#taken())
      if (!outcome || !((DynamoDbError.is(error) || SearchError.is(error)) && error.retryable)) throw error
      const { run, id: chunk } = this.record
      this.#engine.runtime.emit({ code: 'slice.interrupted', run, chunk, reason: error.code })
      return outcome
    }
  }

  async #readOn(): Promise<Outcome> {
    this.#read(this.record.cursor)
    for (;;) {
      const reason = await this.#pages()
      await this.#inFlight.drain()
      switch (reason) {
        case 'end':
          return this.#close({ ...this.#acknowledged(), state: 'done' }, { outcome: 'done' })
        case 'time':
          return this.#close(this.#acknowledged(), { outcome: 'more' })
        case 'taken':
          return this.#taken()
        case 'hot': {
          const outcome = await this.#split()
          if (outcome) return outcome
          this.#watch.leaveAlone()
          break
        }
        default:
          return this.#close(this.#acknowledged(), { outcome: 'stopped', reason: reason })
      }
    }
  }

  /**
   * Stores the acknowledged pages before an error ends the slice, unless the ledger itself fails.
   * @returns the outcome of the slice, if it made progress; and whether it could be stored.
   */
  async #endAfter(): Promise<{ outcome?: Outcome; isStored: boolean }> {
    await this.#inFlight.drain().catch(() => {})
    await this.#settled()
    const { deadline: _, ...acknowledged } = this.#acknowledged()
    // The last page has no cursor: an open chunk would repeat it, and count it twice.
    const record: ChunkRecord = this.#inFlight.ended ? { ...acknowledged, state: 'done' } : acknowledged
    const expected = { epoch: record.epoch, state: 'open' } as const
    const isStored = await replaceChunk(this.#engine.ledger, record, expected).catch(() => false)
    if (!isStored) return { isStored }
    this.record = record
    if (record.state === 'done') return { outcome: { outcome: 'done' }, isStored }
    // The cursor object stays the same until a page is acknowledged.
    return record.cursor === this.#base.cursor ? { isStored } : { outcome: { outcome: 'more' }, isStored }
  }

  /** Reads and applies pages until there is a reason to stop. */
  async #pages(): Promise<Reason> {
    const { runtime, deadline } = this.#engine
    for (;;) {
      const stop = await this.#whyStop()
      if (stop) return stop
      const before = runtime.clock()
      const page = await this.#next
      if (!page) return 'end'
      this.#read(page.next)
      const keys = page.items.map((item) => item.key)
      this.#watch.see(keys)
      await this.#order.see(keys)
      await this.#inFlight.add(this.#apply(page), page.next)
      const roundMs = runtime.clock() - before
      this.#pageSize.observe(roundMs)
      if (this.#slowDown) await runtime.sleep(Math.min(roundMs, longestPauseMs))
      if (!page.next) return 'end'
      if (deadline.remainingMs() < this.#pageSize.reserveMs) return 'time'
      if (runtime.clock() - this.#checkpointedAt >= checkpointMs) {
        const reason = await this.#checkpoint()
        if (reason) return reason
      }
      if (this.#run.split && this.#order.maySplit && page.next.sk && this.#watch.isHot(page.next.pk)) {
        // Stored before the survey of the key, which may take all the remaining time: the next slice must start further
        // on.
        await this.#inFlight.drain()
        return (await this.#checkpoint()) ?? (await this.#whyStop()) ?? 'hot'
      }
    }
  }

  #apply({ items }: Page): Promise<PageTallies> {
    const { pass, id: chunk, epoch } = this.record
    const before = this.#begun
    this.#begun += items.length
    return this.#pass.apply(items, { pass, chunk, epoch, before })
  }

  #read(after: Key | undefined): void {
    const first = this.#next === undefined
    if (!after && !first) {
      this.#next = undefined
      return
    }
    const page = readChunk(
      this.#pass.table,
      this.#base.chunk,
      after,
      this.#pageSize.limit,
      this.#pass.consistent,
      this.#jumped,
    )
    page.catch(() => {}) // Thrown where it is awaited; a slice that stops does not await it.
    this.#next = page
  }

  /** The row with all pages acknowledged so far. */
  #acknowledged(): ChunkRecord {
    const { using: _, ...before } = this.record
    const record: ChunkRecord = {
      ...before,
      tallies: addTallies(addTallies(this.#base.tallies, this.#inFlight.tallies), {
        ...noTallies,
        ...this.#capacity.taken,
      }),
      updatedAt: this.#engine.runtime.clock(),
    }
    const aliases = addAliasTallies(this.#base.aliases ?? {}, this.#inFlight.aliases)
    if (Object.keys(aliases).length > 0) record.aliases = aliases
    if (this.#inFlight.cursor) record.cursor = this.#inFlight.cursor
    // It may land later than everything that is drained: as if a slice had died at that moment.
    const unanswered = this.#unanswered()
    if (unanswered > 0) record.undrained = Math.max(record.undrained ?? 0, unanswered)
    return record
  }

  /** Stores the cursor, and reads how far behind live changes are. One at a time, so that none overtakes another. */
  #checkpoint(): Promise<'taken' | undefined> {
    this.#checkpointedAt = this.#engine.runtime.clock()
    const stored = this.#settled().then(() => this.#store())
    this.#storing = stored
    return stored
  }

  /** Resolves once no checkpoint is under way. */
  async #settled(): Promise<void> {
    await this.#storing?.catch(() => {})
  }

  async #store(): Promise<'taken' | undefined> {
    const { ledger, runtime } = this.#engine
    const using = this.#capacity.using()
    const next = { ...this.#acknowledged(), ...(using && { using }) }
    const [stored, lag] = await Promise.all([
      replaceChunk(ledger, next, { epoch: next.epoch, state: 'open' }),
      this.#run.offline ? undefined : readLag(ledger, this.#run.id),
    ])
    this.#slowDown = lag?.guard === 'slow'
    this.#checkpointedAt = runtime.clock()
    if (!stored) return 'taken'
    this.record = next
    runtime.emit({ code: 'slice.checkpoint', run: this.#run.id, chunk: next.id, tallies: next.tallies })
    return undefined
  }

  /** The last checkpoint. Nothing is in flight, so it clears the deadline. */
  async #close(next: ChunkRecord, outcome: Outcome): Promise<Outcome> {
    await this.#settled()
    const { deadline: _, ...record } = next
    if (!(await replaceChunk(this.#engine.ledger, record, { epoch: record.epoch, state: 'open' }))) return this.#taken()
    this.record = record
    return outcome
  }

  /**
   * A newer slice has the chunk. Under the same lease, that slice may be a duplicate whose result goes nowhere, so this
   * execution must retry. It pauses first: otherwise two executions of one chunk could fence each other forever before
   * either reached a checkpoint. Under a newer lease, another execution owns the chunk.
   */
  async #taken(): Promise<Outcome> {
    const { run, id: chunk, epoch, fence } = this.record
    const { ledger, runtime } = this.#engine
    runtime.emit({ code: 'slice.fenced', run, chunk, epoch })
    const control = await readControl(ledger, run)
    return control.fence === fence ? { outcome: 'waiting' } : { outcome: 'stopped', reason: 'fenced' }
  }

  async #split(): Promise<Outcome | undefined> {
    if (!(await this.#order.maySplitNow())) return undefined
    const { deadline: _, ...parent } = this.#acknowledged()
    const result = await trySplit(
      parent,
      this.#pass.table,
      this.#watch.msPerItem,
      this.#engine,
      this.#pageSize,
      this.#capacity,
    )
    if (result === 'taken') return this.#taken()
    if (result === undefined) return undefined
    this.record = parent
    return result
  }
}
