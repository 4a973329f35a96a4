import { isDeepStrictEqual } from 'node:util'
import { encodeKeyValue, keyOf } from '../../../shared/dynamodb/key.ts'
import type { Shard, ShardPage, ShardReader, Stream, StreamRecord } from '../../../shared/live/ports.ts'
import { hash } from '../../memory/key-order.ts'
import { type MemoryStream, memoryStream } from '../../memory/stream.ts'
import type { Change, MemoryTable } from '../../memory/table.ts'
import { Dice } from '../dice.ts'
import type { Sandbox } from '../lambda/sandbox.ts'
import { epoch, type World } from '../world.ts'

/** Parts of the hash space whose records come late independently of each other; those of one item stay in order. */
const lanes = 4
/** Most shards one run ends with. */
const mostShards = 16
/** How long a record is kept. Source: "Change data capture for DynamoDB Streams", DynamoDB Developer Guide. */
const KEPT_MS = 24 * 3_600_000

/** The stream of a table: records show some time after their change, and shards are replaced and split now and then. */
export class TableStream {
  readonly memory: MemoryStream
  /** Called when there may be something new to read. */
  onNews: () => void = () => {}
  /** Changes whose records do not show yet. */
  underWay = 0
  readonly #world: World
  readonly #dice: Dice
  /** Of what becomes of shards. */
  readonly #shardDice: Dice
  readonly #table: MemoryTable
  readonly #lastAt = new Array<number>(lanes).fill(0)
  /** What the stream takes for its table: it sees changes when they show, with the time at which they happened. */
  readonly #shown: Pick<MemoryTable, 'schema' | 'onChange'>
  #changedAt = 0
  /** Records that were thrown away. */
  readonly forgotten: StreamRecord[] = []
  readonly #trimmedFor = new Set<string>()
  /** The shards there were from when on, the newest last. */
  readonly #lists: { at: number; shards: Shard[] }[] = []

  /** @param chance names of the generators of its records, and of its shards. */
  constructor(world: World, table: MemoryTable, chance = { records: 'stream', shards: 'shards' }) {
    this.#world = world
    this.#dice = new Dice(world.request.seed, chance.records)
    this.#shardDice = new Dice(world.request.seed, chance.shards)
    this.#table = table
    this.#shown = { schema: table.schema, onChange: undefined }
    this.memory = memoryStream(this.#shown as MemoryTable, () => this.#changedAt, world.settings.shards)
    this.#list()
    for (let splits = this.#shardDice.pick([0, 0, 1, 2, 3]); splits > 0; splits--) this.#sometime('split')
    for (let times = this.#shardDice.pick([0, 1, 3, 6]); times > 0; times--) this.#sometime('replace')
  }

  /** A page of the list of shards; now and then as it was some time ago. */
  async shards(after?: string): Promise<ShardPage> {
    this.forget()
    const page = await this.memory.shards(after)
    if (!this.#shardDice.chance(0.1)) return page
    // Lists are believed after a silence, and records take less than that to show.
    const time = this.#world.now - this.#shardDice.between(0, this.#world.settings.streamLagMs)
    const then = this.#lists.findLast(({ at }) => at <= time)?.shards ?? []
    const shards = page.shards.flatMap(({ id }) => then.find((shard) => shard.id === id) ?? [])
    if (!isDeepStrictEqual(shards, page.shards)) this.#world.hit('path: old list')
    return { ...page, shards }
  }

  /**
   * Some time from now, forgets what happened before a run began to capture, `before` (ms): copy sees it. What happened
   * until capture counts, soon after, is kept: drain may know of it already and would take it for lost.
   */
  trimLater(run: string, before: number): void {
    if (this.#trimmedFor.has(run)) return
    this.#trimmedFor.add(run)
    const { scheduler, further } = this.#world
    const when = further.between(0, 300_000)
    if (further.chance(0.5)) scheduler.after(when, () => this.#trim(before))
  }

  #trim(before: number): void {
    const trimmed = this.memory.trim(before)
    if (trimmed.length === 0) return
    this.#world.hit('path: stream trimmed')
    this.forgotten.push(...trimmed)
    this.#list()
    this.onNews()
  }

  /** Forgets what is older than a day, as it does all the time; called before whoever reads it. */
  forget(): void {
    if (this.isTooOld(epoch)) this.#trim(this.#world.now - KEPT_MS)
  }

  isTooOld(at: number): boolean {
    return this.#world.now - at > KEPT_MS
  }

  /** A change has happened. */
  note(change: Change): void {
    const { scheduler, settings } = this.#world
    const { pk } = keyOf(this.#table.schema, (change.new ?? change.old)!)!
    const lane = hash(encodeKeyValue(pk)) % lanes
    const lag = this.#dice.chance(0.04) ? settings.streamLagMs : Math.min(2 * settings.pollMs, settings.streamLagMs)
    const at = Math.max(this.#lastAt[lane]!, scheduler.now + this.#dice.between(1, lag))
    this.#lastAt[lane] = at
    this.underWay++
    const changedAt = scheduler.now
    scheduler.at(at, () => {
      this.underWay--
      this.#changedAt = changedAt
      this.#shown.onChange?.(change)
      this.onNews()
    })
  }

  #sometime(what: 'split' | 'replace'): void {
    const when = this.#world.settings.tempo * this.#shardDice.between(0, this.#shardDice.pick([60_000, 240_000]))
    this.#world.scheduler.after(when, () => {
      const shards = this.memory.all()
      if (shards.length >= mostShards) return
      const open = shards.filter(({ ended }) => !ended)
      this.memory[what](this.#shardDice.pick(open).id)
      this.#world.hit(`path: shard ${what}`)
      this.#list()
      this.onNews()
    })
  }

  #list(): void {
    this.#lists.push({ at: this.#world.now, shards: this.memory.all() })
  }
}

/** After this many empty answers in a row an answer is true. The engine takes five of an open shard, and a time, for silence. */
const mostEmptyInRow = 3
/** The same of a shard that has ended, whose silence means nothing. */
const mostEmptyOfEnded = 12

/** The stream as the code in one environment reads it. A reader goes on after the last answer that arrived. */
export function streamIn(world: World, sandbox: Sandbox, stream: TableStream): Stream {
  const { memory } = stream
  const read = (name: string) => ({ name: `${name} stream`, ms: world.settings.requestMs, write: false })
  return {
    arn: memory.arn,
    shards: (after) => sandbox.request(read('list shards of'), () => stream.shards(after)),
    async open(shard, from) {
      let after = from
      let reader: ShardReader | undefined
      let emptyInRow = 0
      return {
        async next() {
          const mine = reader ?? (await memory.open(shard, after))
          // Until its answer is here it may have been lost, and the next read asks for the same again.
          reader = undefined
          const answer = await sandbox.request(read('read'), async () => {
            stream.forget()
            const { ended } = memory.all().find(({ id }) => id === shard) ?? { ended: true }
            const isTrue = emptyInRow >= (ended ? mostEmptyOfEnded : mostEmptyInRow)
            // A sparse stretch of an old shard: one empty answer after the other.
            const isSparse = ended && emptyInRow > 0
            if (!isTrue && (isSparse || world.strikes('empty answer'))) return { records: [], closed: false }
            const first = await mine.next()
            // That of a reader opened again after a lost answer is empty as well.
            return isTrue && first.records.length === 0 && !first.closed ? mine.next() : first
          })
          emptyInRow = answer.records.length > 0 || answer.closed ? 0 : emptyInRow + 1
          reader = mine
          after = answer.records.at(-1)?.seq ?? after
          return answer
        },
      }
    },
  }
}
