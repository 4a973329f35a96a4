import { encodeKey } from '../../../shared/dynamodb/key.ts'
import type { ShardReader, StreamRecord } from '../../../shared/live/ports.ts'
import { hash } from '../../memory/key-order.ts'
import type { EventSourceMapping } from './mapping.ts'

/** Answers without records after which a poller waits for news: a first empty one proves nothing. */
const emptyAnswers = 2

/** Reads one shard for a mapping and delivers it: records of one item in order, those of different items in parallel. */
export class ShardPoller {
  isDone = false
  readonly #mapping: EventSourceMapping
  readonly #shard: string
  readonly #onDone: () => void
  readonly #lanes: { queue: StreamRecord[]; busy: boolean }[]
  #reader: ShardReader | undefined
  #reading = false
  #news = true
  #closed = false

  constructor(mapping: EventSourceMapping, shard: string, onDone: () => void) {
    this.#mapping = mapping
    this.#shard = shard
    this.#onDone = onDone
    const { parallelBatches } = mapping.world.settings
    this.#lanes = Array.from({ length: parallelBatches }, () => ({ queue: [], busy: false }))
  }

  get isIdle(): boolean {
    return this.isDone || (!this.#news && !this.#reading && this.#isEmpty)
  }

  get #isEmpty(): boolean {
    return this.#lanes.every(({ queue, busy }) => queue.length === 0 && !busy)
  }

  async begin(): Promise<void> {
    const { stream, startingPosition } = this.#mapping
    const reader = await stream.memory.open(this.#shard, undefined)
    if (startingPosition === 'LATEST') await readAll(reader)
    this.#reader = reader
    this.wake()
  }

  /** There may be something new in the shard. */
  wake(): void {
    this.#news = true
    if (this.#reader && !this.#reading && !this.isDone) void this.#read(this.#reader)
  }

  async #read(reader: ShardReader): Promise<void> {
    this.#reading = true
    while (this.#news) {
      this.#news = false
      this.#mapping.stream.forget()
      const { records, closed } = await readAll(reader)
      this.#closed ||= closed
      for (const record of records) this.#lanes[hash(encodeKey(record.key)) % this.#lanes.length]!.queue.push(record)
    }
    this.#reading = false
    for (const lane of this.#lanes) if (!lane.busy) void this.#deliverAll(lane)
    this.#endIfDone()
  }

  async #deliverAll(lane: { queue: StreamRecord[]; busy: boolean }): Promise<void> {
    const { world } = this.#mapping
    lane.busy = true
    while (lane.queue.length > 0) {
      await world.scheduler.sleep(world.dice.between(0, world.settings.pollMs))
      const batch = lane.queue.slice(0, world.settings.batchRecords)
      if (world.strikes('late batch')) await world.scheduler.sleep(world.dice.between(1_000, 180_000))
      await this.#deliver(batch)
      // The poller forgot how far it had come.
      if (world.strikes('batch twice')) await this.#deliver(batch)
      lane.queue.splice(0, batch.length)
    }
    lane.busy = false
    this.#endIfDone()
  }

  /** Until it is acknowledged, whole or half by half. */
  async #deliver(batch: StreamRecord[]): Promise<void> {
    const { world } = this.#mapping
    for (let failures = 0; !(await this.#invoke(batch)); failures++) {
      world.hit('path: batch failed')
      // The mapping gives up what the stream has forgotten.
      if (batch.every(({ at }) => this.#mapping.stream.isTooOld(at))) return world.hit('path: batch too old')
      await world.scheduler.sleep(world.dice.between(50, Math.min(60_000, 500 * 2 ** failures)))
      if (batch.length > 1 && world.dice.chance(0.3)) {
        const half = batch.length >> 1
        await this.#deliver(batch.slice(0, half))
        return this.#deliver(batch.slice(half))
      }
    }
    if (!world.strikes('late duplicate')) return
    const later = world.dice.between(0, world.dice.pick([1_000, 60_000, 900_000]))
    world.scheduler.after(later, () => void this.#invoke(batch))
  }

  async #invoke(batch: StreamRecord[]): Promise<boolean> {
    const { world, service, lambda } = this.#mapping
    await this.#mapping.untilEnabled()
    if (service.isBusy(lambda)) {
      await world.scheduler.sleep(world.dice.between(100, 2_000))
      return false
    }
    const answer = service.run(lambda, this.#mapping.batch(batch)).then(
      () => true,
      () => false,
    )
    if (!world.strikes('lost batch')) return answer
    await world.scheduler.sleep(world.dice.between(0, 10_000))
    return false
  }

  #endIfDone(): void {
    if (this.isDone || !this.#closed || this.#reading || !this.#isEmpty) return
    this.isDone = true
    this.#onDone()
  }
}

async function readAll(reader: ShardReader): Promise<{ records: StreamRecord[]; closed: boolean }> {
  const all: StreamRecord[] = []
  for (let empty = 0; empty < emptyAnswers; ) {
    const { records, closed } = await reader.next()
    all.push(...records)
    if (closed) return { records: all, closed }
    if (records.length === 0) empty++
  }
  return { records: all, closed: false }
}
