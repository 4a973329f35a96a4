import { MAX_ROUNDS } from '../../../infra/workflow/history.ts'
import { rootsFor } from '../../../shared/chunks/segments.ts'
import { spread } from '../../../shared/chunks/spread.ts'
import { encodeKeyValue } from '../../../shared/dynamodb/key.ts'
import { mostWholeKeys } from '../../../shared/ledger/whole-keys.ts'
import { partitionWriteUnits } from '../../../shared/operator/plan/units.ts'
import { HotKeyWatch } from '../../../shared/passes/slice/hot-key.ts'
import { fitsInto, waysFor } from '../../../shared/passes/slice/split.ts'
import { Dice } from './dice.ts'
import { Heap } from './heap.ts'
import type { Policy, Splitting } from './policy.ts'
import { attemptsIn, longWait, transitionsOf } from './transitions.ts'
import { type HeavyKey, heavyKeys, speedOf, unitsPerItem, type Workload } from './workload.ts'

/** Seconds after which a key is hot: a third of a slice, the default. */
const splitAfterSeconds = 300
/** Seconds that a survey of a key takes. */
const surveySeconds = 10
/** Seconds until the next slice of a chunk is invoked, and until an execution has started. */
const againSeconds = 0.3
const startSeconds = 1
const growsAfterSeconds = 1_800
/** Steps of one simulation of a policy that begins chunks again: what takes more is hopeless. */
const mostSteps = 300_000

/** What happened. Seconds, and counts. */
export interface Outcome {
  seconds: number
  /** No run can be faster, whatever its policy. */
  leastSeconds: number
  /** Items of keys that were given up: then the run has failed. */
  failedItems: number
  /** It was stopped: it took ten times as long as it had to, or too many steps to simulate. */
  isEndless: boolean
  /** Executions beside those of the Map: of children, and those that continue a chunk. */
  nested: number
  splits: number
  transitions: number
  slices: number
  /** Chunks that waited for a slot at once, at most. */
  mostWaiting: number
  /** Time that slices were at work, all together. */
  lambdaSeconds: number
  units: number
}

/** Part of a chunk: ordinary items, or items of one heavy key. */
interface Stretch {
  units: number
  key?: HeavyKey
}

interface Chunk {
  stretches: Stretch[]
  /** Units left of the first stretch when its bucket had done `mark`. */
  left: number
  mark: number
  bucket: Bucket | undefined
  /** Where it is among those at work. */
  slot: number
  place: number
  parent: Chunk | undefined
  openChildren: number
  sliceAt: number
  waitsSince: number
  /** Of the execution of this chunk. */
  rounds: number
  tries: number
  /** When its slice began with its current key, and what its bucket had done then. */
  keyAt: number
  keyMark: number
  /** A whole key, known as heavy. */
  isHeavy: boolean
  /** The rest of its key fits into a slice that nothing throttles: nobody splits it any more. */
  fits: boolean
  /** Events of earlier versions are void. */
  version: number
}

/** Slices that share a partition of the destination. */
interface Bucket {
  /** Units a second that it takes. */
  takes: number
  slices: number
  share: number
  /** Units that each slice in it has done since it exists, when the table had done `at`. */
  done: number
  at: number
  ends: Heap<{ at: number; chunk: Chunk; version: number }>
  version: number
  hotSince?: number
}

type Event = { at: number } & (
  | { what: 'start' | 'slice-end' | 'look' | 'next-slice'; chunk: Chunk; version: number }
  | { what: 'poll' | 'grow' | 'hand-over' }
  | { what: 'heat'; bucket: Bucket }
  | { what: 'children'; children: Chunk[] }
)

/**
 * Copies a table by chunks. Between two events everything flows: each slice has its share of its partition and of the table.
 * A key that slices work on has a partition of its own, as adaptive capacity isolates it.
 */
export function simulate(workload: Workload, policy: Policy): Outcome {
  return new Simulation(workload, policy).run()
}

class Simulation {
  readonly #load: Workload
  readonly #policy: Policy
  readonly #dice: Dice
  readonly #perItem: number
  /** Units a second of a slice that nothing throttles. */
  readonly #speed: number
  #t = 0
  /** The clock of the table: it runs slower where the table throttles. */
  #g = 0
  #flow = 1
  #demand = 0
  #takes: number
  readonly #events = new Heap<Event>()
  readonly #buckets = new Heap<{ at: number; bucket: Bucket; version: number }>()
  #segmentBuckets: Bucket[] = []
  readonly #keyBuckets = new Map<HeavyKey, Bucket>()
  readonly #roots: Chunk[]
  #next = 0
  #inMap = 0
  readonly #atWork: Chunk[] = []
  readonly #waiting: Chunk[] = []
  #polls = false
  #hands = false
  #open: number
  readonly #keys: HeavyKey[]
  readonly #out = { failedItems: 0, nested: 0, splits: 0, transitions: 0, slices: 0, mostWaiting: 0, lambdaSeconds: 0 }
  /** Each outcome's transitions, by the deployed machine. */
  readonly #costs = {
    done: transitionsOf('done'),
    more: transitionsOf('more'),
    split: transitionsOf('split'),
    throttled: transitionsOf('throttled'),
  }

  constructor(load: Workload, policy: Policy) {
    this.#load = load
    this.#policy = policy
    this.#dice = new Dice(load.seed + 1)
    this.#perItem = unitsPerItem(load)
    this.#speed = speedOf(load) * this.#perItem
    this.#takes = load.warm
    this.#keys = heavyKeys(load)
    this.#roots = this.#plan()
    this.#open = this.#roots.length
    this.#layOut()
  }

  run(): Outcome {
    if (this.#load.most > this.#takes) this.#events.add({ at: growsAfterSeconds, what: 'grow' })
    for (let i = 0; i < this.#load.workers; i++) this.#feed(0)
    const units = this.#load.items * this.#perItem
    const leastSeconds = this.#least(units)
    const steps = this.#policy.atLimit === 'resume' ? Number.POSITIVE_INFINITY : mostSteps
    for (let step = 0; this.#open > 0 && this.#t < 10 * leastSeconds + 86_400 && step < steps; step++) this.#step()
    return { seconds: this.#t, leastSeconds, ...this.#out, isEndless: this.#open > 0, units }
  }

  /** The roots in the order of the manifest: whole keys, then segments, each with its heavy keys. */
  #plan(): Chunk[] {
    const total = 4 * this.#load.workers
    const bulk = this.#load.items * this.#perItem - this.#keys.reduce((sum, { units }) => sum + units, 0)
    const known = this.#load.isKnown ? this.#keys.slice(0, mostWholeKeys) : []
    const bySegment = Map.groupBy(this.#keys.slice(known.length), ({ place }) => Math.floor(place * total))
    const segments = spread(rootsFor(total, [])).map(({ chunk }) => {
      const segment = chunk.kind === 'segment' ? chunk.segment : 0
      const stretches: Stretch[] = []
      let from = segment / total
      const until = (to: number) => {
        stretches.push({ units: (to - from) * bulk })
        from = to
      }
      for (const key of (bySegment.get(segment) ?? []).toSorted((a, b) => a.place - b.place)) {
        until(key.place)
        stretches.push({ units: key.units, key })
      }
      until((segment + 1) / total)
      return newChunk(stretches, (segment + 0.5) / total)
    })
    const keys = spread(known).map((key) => ({ ...newChunk([{ units: key.units, key }], key.place), isHeavy: true }))
    return [...keys, ...segments]
  }

  /** Divides the table into as many partitions as its rate needs. */
  #layOut(): void {
    const count = Math.min(this.#roots.length, Math.max(1, Math.ceil(this.#takes / partitionWriteUnits)))
    this.#segmentBuckets = Array.from({ length: count }, () => this.#newBucket())
  }

  #newBucket(): Bucket {
    return { takes: partitionWriteUnits, slices: 0, share: 0, done: 0, at: this.#g, ends: new Heap(), version: 0 }
  }

  #step(): void {
    for (let top = this.#buckets.first; top && top.version !== top.bucket.version; top = this.#buckets.first)
      this.#buckets.take()
    const flowing = this.#buckets.first
    const timed = this.#events.first
    const then = flowing ? this.#t + Math.max(0, flowing.at - this.#g) / this.#flow : Number.POSITIVE_INFINITY
    if (timed && timed.at <= then) {
      this.#advance(timed.at)
      this.#events.take()
      this.#handle(timed)
    } else if (flowing) {
      this.#advance(then)
      this.#g = Math.max(this.#g, flowing.at)
      this.#buckets.take()
      this.#reach(flowing.bucket)
    } else throw new Error('Expected something to happen while chunks are open')
  }

  #advance(to: number): void {
    const passed = to - this.#t
    this.#out.lambdaSeconds += passed * this.#atWork.length
    this.#g += passed * this.#flow
    this.#t = to
  }

  #handle(event: Event): void {
    switch (event.what) {
      case 'start':
        if (event.version === event.chunk.version) this.#acquire(event.chunk)
        return
      case 'slice-end':
        if (event.version === event.chunk.version) this.#sliceEnds(event.chunk)
        return
      case 'look':
        if (event.version === event.chunk.version) this.#look(event.chunk)
        return
      case 'next-slice':
        if (event.version === event.chunk.version) this.#nextSlice(event.chunk)
        return
      case 'poll':
        this.#polls = false
        if (this.#atWork.length < this.#load.workers && this.#waiting.length > 0) {
          const index = this.#dice.index(this.#waiting.length)
          const chunk = this.#waiting[index]!
          this.#waiting[index] = this.#waiting.at(-1)!
          this.#waiting.pop()
          this.#waited(this.#t - chunk.waitsSince, chunk)
          this.#begin(chunk)
        }
        this.#poll()
        return
      case 'hand-over': {
        this.#hands = false
        const chunk = this.#atWork[this.#dice.index(this.#atWork.length)]
        if (chunk && this.#waiting.length > 0 && this.#policy.atLimit === 'resume') this.#more(chunk)
        this.#expectHandOver()
        return
      }
      case 'grow':
        this.#takes = Math.min(this.#load.most, this.#takes * 2)
        if (this.#takes < this.#load.most) this.#events.add({ at: this.#t + growsAfterSeconds, what: 'grow' })
        this.#regroup()
        return
      case 'heat':
        event.bucket.takes *= 2
        this.#changed(event.bucket, 0)
        this.#events.add({ ...event, at: this.#t + (this.#load.heatMinutes ?? 0) * 60 })
        return
      case 'children':
        for (const child of event.children) this.#acquire(child)
    }
  }

  /** The table has more partitions than before. */
  #regroup(): void {
    const moved = this.#atWork.filter(({ stretches }) => !stretches[0]!.key)
    for (const chunk of moved) this.#leave(chunk)
    this.#layOut()
    for (const chunk of moved) this.#enter(chunk)
  }

  /** Begins the next root, if the Map has room. */
  #feed(delay: number): void {
    const chunk = this.#roots[this.#next]
    if (!chunk || this.#inMap >= this.#load.workers) return
    this.#next++
    this.#inMap++
    if (delay === 0) this.#acquire(chunk)
    else this.#events.add({ at: this.#t + delay, what: 'start', chunk, version: chunk.version })
  }

  #acquire(chunk: Chunk): void {
    if (this.#atWork.length < this.#load.workers) {
      this.#begin(chunk)
      return
    }
    chunk.waitsSince = this.#t
    this.#waiting.push(chunk)
    this.#out.mostWaiting = Math.max(this.#out.mostWaiting, this.#waiting.length)
    this.#expectHandOver()
  }

  /** A waiting chunk tries again, if a slot is free. */
  #poll(): void {
    if (this.#polls || this.#waiting.length === 0 || this.#atWork.length >= this.#load.workers) return
    this.#polls = true
    this.#events.add({ at: this.#t + this.#dice.until(longWait / this.#waiting.length), what: 'poll' })
  }

  /** While chunks wait, slices in ordinary items end by their limit, too, and lose their slots to those. */
  #expectHandOver(): void {
    if (this.#hands || this.#waiting.length === 0) return
    this.#hands = true
    const mean = Math.max(this.#policy.sliceSeconds / Math.max(1, this.#atWork.length), this.#t / 2_000)
    this.#events.add({ at: this.#t + this.#dice.until(mean), what: 'hand-over' })
  }

  #waited(seconds: number, chunk: Chunk): void {
    const { attempts, rounds } = attemptsIn(seconds)
    this.#out.transitions += attempts + rounds * this.#costs.throttled
    this.#rounds(chunk, rounds)
  }

  #rounds(chunk: Chunk, rounds: number): void {
    chunk.rounds += rounds
    const afresh = Math.floor(chunk.rounds / MAX_ROUNDS)
    chunk.rounds %= MAX_ROUNDS
    this.#out.nested += afresh
    this.#out.transitions += afresh
  }

  #begin(chunk: Chunk): void {
    chunk.slot = this.#atWork.push(chunk) - 1
    chunk.sliceAt = this.#t
    this.#enter(chunk)
  }

  /** The slice of a chunk has ended. */
  #release(chunk: Chunk): void {
    this.#leave(chunk)
    const last = this.#atWork.pop()!
    if (last !== chunk) {
      this.#atWork[chunk.slot] = last
      last.slot = chunk.slot
    }
    this.#poll()
  }

  #bucketOf(chunk: Chunk): Bucket {
    const key = chunk.stretches[0]!.key
    if (!key) return this.#segmentBuckets[Math.floor(chunk.place * this.#segmentBuckets.length)]!
    const known = this.#keyBuckets.get(key)
    if (known) return known
    const bucket = this.#newBucket()
    this.#keyBuckets.set(key, bucket)
    const { heatMinutes } = this.#load
    if (heatMinutes !== undefined) this.#events.add({ at: this.#t + heatMinutes * 60, what: 'heat', bucket })
    return bucket
  }

  #enter(chunk: Chunk): void {
    const bucket = this.#bucketOf(chunk)
    this.#changed(bucket, 1)
    chunk.bucket = bucket
    chunk.mark = bucket.done
    this.#aim(chunk)
  }

  #leave(chunk: Chunk): void {
    const bucket = chunk.bucket!
    this.#changed(bucket, -1)
    chunk.left = Math.max(0, chunk.left - (bucket.done - chunk.mark))
    chunk.mark = bucket.done
    chunk.bucket = undefined
    chunk.version++
  }

  /** Counts more or fewer slices in a partition, or another rate of it. */
  #changed(bucket: Bucket, more: number): void {
    bucket.done = this.#doneIn(bucket)
    bucket.at = this.#g
    this.#demand -= bucket.slices * bucket.share
    bucket.slices += more
    bucket.share = bucket.slices === 0 ? 0 : Math.min(this.#speed, bucket.takes / bucket.slices, partitionWriteUnits)
    this.#demand += bucket.slices * bucket.share
    this.#flow = Math.min(1, this.#takes / Math.max(this.#demand, 1e-9))
    this.#expect(bucket)
  }

  /** When the first slice in this partition reaches what it works for. */
  #expect(bucket: Bucket): void {
    bucket.version++
    const { ends } = bucket
    for (let top = ends.first; top && top.version !== top.chunk.version; top = ends.first) ends.take()
    if (ends.first && bucket.share > 0)
      this.#buckets.add({
        at: this.#g + Math.max(0, ends.first.at - bucket.done) / bucket.share,
        bucket,
        version: bucket.version,
      })
  }

  /** What a slice works for: the end of its stretch; and when to look at it before. */
  #aim(chunk: Chunk): void {
    const bucket = chunk.bucket!
    chunk.version++
    const { version } = chunk
    bucket.ends.add({ at: chunk.mark + chunk.left, chunk, version })
    if (chunk.stretches[0]!.key) {
      if (this.#policy.atLimit !== 'resume')
        this.#events.add({ at: chunk.sliceAt + this.#policy.sliceSeconds, what: 'slice-end', chunk, version })
      else if (this.#policy.split && !chunk.fits) {
        chunk.keyAt = this.#t
        chunk.keyMark = chunk.mark
        this.#watch(chunk, this.#policy.split)
      }
    }
    this.#expect(bucket)
  }

  #reach(bucket: Bucket): void {
    bucket.done = this.#doneIn(bucket)
    bucket.at = this.#g
    const end = bucket.ends.take()
    if (end && end.version === end.chunk.version) {
      end.chunk.left = 0
      end.chunk.mark = end.at
      this.#stretchEnds(end.chunk)
    }
    this.#expect(bucket)
  }

  /** Counts the slices that have ended by their limit, unseen, since the last look. */
  #roll(chunk: Chunk): void {
    const count = Math.floor((this.#t - chunk.sliceAt) / this.#policy.sliceSeconds + 1e-6)
    if (count <= 0) return
    chunk.sliceAt += count * this.#policy.sliceSeconds
    this.#out.slices += count
    this.#out.transitions += count * this.#costs.more
    this.#rounds(chunk, count)
  }

  #stretchEnds(chunk: Chunk): void {
    this.#roll(chunk)
    const [, ...rest] = chunk.stretches
    if (rest.length === 0) {
      this.#release(chunk)
      this.#ends(chunk)
      return
    }
    this.#leave(chunk)
    this.#goTo(chunk, rest)
    this.#enter(chunk)
  }

  #goTo(chunk: Chunk, stretches: Stretch[]): void {
    chunk.stretches = stretches
    chunk.left = stretches[0]!.units
    chunk.tries = 0
    chunk.fits = false
  }

  #ends(chunk: Chunk): void {
    this.#out.slices++
    this.#out.transitions += this.#costs.done
    this.#closed(chunk)
  }

  #closed(chunk: Chunk): void {
    this.#open--
    if (chunk.parent) {
      if (--chunk.parent.openChildren === 0) this.#closed(chunk.parent)
      return
    }
    this.#inMap--
    this.#feed(startSeconds)
  }

  /** A slice ends by its limit, and its chunk wants another. */
  #more(chunk: Chunk): void {
    this.#roll(chunk)
    this.#out.slices++
    this.#out.transitions += this.#costs.more
    this.#rounds(chunk, 1)
    this.#release(chunk)
    this.#events.add({ at: this.#t + againSeconds, what: 'start', chunk, version: chunk.version })
  }

  /** A slice without a cursor reaches its limit in a heavy key. */
  #sliceEnds(chunk: Chunk): void {
    const { atLimit, tries = Number.POSITIVE_INFINITY } = this.#policy
    this.#out.slices++
    chunk.tries++
    const [stretch, ...rest] = chunk.stretches
    this.#release(chunk)
    if (chunk.tries >= tries) {
      this.#out.failedItems += stretch!.units / this.#perItem
      if (rest.length === 0) {
        this.#closed(chunk)
        return
      }
      this.#goTo(chunk, rest)
    } else if (atLimit === 'restart') chunk.left = stretch!.units
    else {
      const half = { ...stretch!, units: stretch!.units / 2 }
      this.#branch(chunk, [[half, ...rest], [half]])
      return
    }
    this.#events.add({ at: this.#t + startSeconds, what: 'start', chunk, version: chunk.version })
  }

  /** Units that each slice in a partition has done by now. */
  #doneIn(bucket: Bucket): number {
    return bucket.done + bucket.share * (this.#g - bucket.at)
  }

  /** Expects the moment when the key of a slice may be hot, or its next slice. */
  #watch(chunk: Chunk, { clock }: Splitting): void {
    const bucket = chunk.bucket!
    const { version } = chunk
    const passed = this.#t - chunk.keyAt
    const worked = (this.#doneIn(bucket) - chunk.keyMark) / this.#speed
    const pace = clock === 'wall' ? 1 : Math.max(1e-9, (bucket.share * this.#flow) / this.#speed)
    const after = chunk.isHeavy ? startSeconds : splitAfterSeconds
    const hot = this.#t + Math.max(0, after - (clock === 'wall' ? passed : worked)) / pace
    const end = chunk.sliceAt + this.#policy.sliceSeconds
    const inNext = after / pace < this.#policy.sliceSeconds
    if (hot <= end) this.#events.add({ at: hot, what: 'look', chunk, version })
    // At this pace no slice finds it hot. It may change.
    else this.#events.add({ at: inNext ? end : Math.max(end, this.#t * 1.02), what: 'next-slice', chunk, version })
  }

  /** Another slice of the chunk begins, in the same key. */
  #nextSlice(chunk: Chunk): void {
    this.#roll(chunk)
    chunk.sliceAt = this.#t
    chunk.keyAt = this.#t
    chunk.keyMark = this.#doneIn(chunk.bucket!)
    this.#watch(chunk, this.#policy.split!)
  }

  /** The engine's decisions about a key: by its own watch and its own arithmetic. */
  #look(chunk: Chunk): void {
    this.#roll(chunk)
    const { clock, spare } = this.#policy.split!
    const bucket = chunk.bucket!
    const done = this.#doneIn(bucket)
    const pk = { S: 'key' }
    let seconds = 0
    const heavy = new Set(chunk.isHeavy ? [encodeKeyValue(pk)] : [])
    const watch = new HotKeyWatch(() => Math.round(seconds * 1_000), splitAfterSeconds * 1_000, heavy)
    watch.see([{ pk, sk: { S: '0' } }])
    seconds = clock === 'wall' ? this.#t - chunk.keyAt : (done - chunk.keyMark) / this.#speed
    if (!watch.isHot(pk)) {
      this.#watch(chunk, this.#policy.split!)
      return
    }
    const leftMs = (chunk.sliceAt + this.#policy.sliceSeconds - this.#t - surveySeconds) * 1_000
    const msPerItem = 1_000 / speedOf(this.#load)
    const estimate = ((chunk.left - (done - chunk.mark)) / this.#perItem) * this.#survey()
    if (fitsInto(leftMs, estimate, msPerItem)) {
      chunk.fits = true
      return
    }
    const slots = spare ? this.#spareSlots() : Number.POSITIVE_INFINITY
    const ways = slots < 1 ? 0 : waysFor(estimate, msPerItem, splitAfterSeconds * 1_000, slots)
    if (ways < 2) {
      const at = this.#t + Math.max(splitAfterSeconds, this.#t / 50)
      this.#events.add({ at, what: 'next-slice', chunk, version: chunk.version })
      return
    }
    const [stretch, ...rest] = chunk.stretches
    const shares = Array.from({ length: ways }, () => 0.7 + 0.6 * this.#dice.next())
    const sum = shares.reduce((a, b) => a + b)
    this.#release(chunk)
    this.#out.slices++
    this.#out.splits++
    this.#out.transitions += this.#costs.split
    const ranges = shares.map((share) => [{ ...stretch!, units: (chunk.left * share) / sum }])
    // A segment has its rest as the first child; a range has none.
    this.#branch(chunk, rest.length > 0 ? [rest, ...ranges] : ranges)
  }

  /** Slots that nobody has, nobody waits for, and no root of the Map will take. */
  #spareSlots(): number {
    const { workers } = this.#load
    return Math.max(0, workers - this.#atWork.length - this.#waiting.length - (this.#roots.length - this.#next))
  }

  /** A survey is off by half as much, or by half, at most. */
  #survey(): number {
    return 1.5 ** (2 * this.#dice.next() - 1)
  }

  #branch(parent: Chunk, parts: Stretch[][]): void {
    const children = parts.map((stretches) => ({ ...newChunk(stretches, parent.place), parent }))
    parent.openChildren = children.length
    this.#open += children.length
    this.#out.nested += children.length
    this.#out.transitions += children.length
    this.#events.add({ at: this.#t + surveySeconds + startSeconds, what: 'children', children })
  }

  /** All the work at the rate of the table or of the workers, or the heaviest key at that of its partition. */
  #least(units: number): number {
    const { workers, most, heatMinutes } = this.#load
    const byWorkers = workers * Math.min(this.#speed, partitionWriteUnits)
    let [left, rate, seconds] = [units, this.#load.warm, 0]
    while (rate < most && left > Math.min(rate, byWorkers) * growsAfterSeconds) {
      left -= Math.min(rate, byWorkers) * growsAfterSeconds
      seconds += growsAfterSeconds
      rate = Math.min(most, rate * 2)
    }
    const all = seconds + left / Math.min(rate, byWorkers)
    let [key, takes, hot] = [this.#keys[0]?.units ?? 0, partitionWriteUnits, 0]
    while (heatMinutes !== undefined && key > takes * heatMinutes * 60) {
      key -= takes * heatMinutes * 60
      hot += heatMinutes * 60
      takes *= 2
    }
    return Math.max(all, hot + key / takes)
  }
}

function newChunk(stretches: Stretch[], place: number): Chunk {
  return {
    ...{ stretches, left: stretches[0]!.units, mark: 0, bucket: undefined, slot: 0, place, parent: undefined },
    ...{
      openChildren: 0,
      sliceAt: 0,
      waitsSince: 0,
      rounds: 0,
      tries: 0,
      keyAt: 0,
      keyMark: 0,
      isHeavy: false,
      fits: false,
      version: 0,
    },
  }
}
