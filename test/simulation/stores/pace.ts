import { Dice } from '../dice.ts'
import type { World } from '../world.ts'

/** For a while a table answers at one speed and has one capacity. */
interface Stretch {
  from: number
  /** How many times longer each item takes. */
  slowdown: number
  /** How long a request takes without its items, ms. */
  requestMs: number
  /** Items a second; what is beyond it is throttled. */
  readsPerSecond: number
  writesPerSecond: number
}

/** Longest that an item takes where the speed changes, ms: a page of 1,000 is read within the client's patience, a call with 25 is not written. */
const slowestReadMs = 9
const slowestWriteMs = 1_000
const slowestRequestMs = 1_000
/** Stretches that are drawn; the last one lasts. */
const stretches = 12
/** Capacity that is saved up for, and the most that one page takes in advance, in seconds of it. */
const savedSeconds = 30
const owedSeconds = 4

/** The speed of one table: constant in the quick world, and changing from one minute to the next hour in the slow one. */
export class Pace {
  readonly #world: World
  readonly #stretches: Stretch[]
  #current = 0
  /** Items that are left of the capacity; negative where a page was larger. */
  #reads = 0
  #writes = 0
  #filledAt: number

  constructor(world: World, table: string) {
    this.#world = world
    this.#filledAt = world.now
    const { settings, now } = world
    const unlimited = { readsPerSecond: Number.POSITIVE_INFINITY, writesPerSecond: Number.POSITIVE_INFINITY }
    this.#stretches = settings.changesPace
      ? drawStretches(new Dice(world.request.seed, `pace of ${table}`), world)
      : [{ from: now, slowdown: 1, requestMs: settings.requestMs, ...unlimited }]
  }

  /** Whether the speed changes. */
  get isPaced(): boolean {
    return this.#stretches.length > 1
  }

  /** How long a request takes without its items, ms. */
  get requestMs(): number {
    return this.#now.requestMs
  }

  readMs(items: number): number {
    const ms = this.#world.settings.readMsPerItem * this.#now.slowdown
    return items * (this.isPaced ? Math.min(slowestReadMs, ms) : ms)
  }

  writeMs(items: number): number {
    const ms = this.#world.settings.writeMsPerItem * this.#now.slowdown
    return items * (this.isPaced ? Math.min(slowestWriteMs, ms) : ms)
  }

  /** How many of so many writes the capacity allows now; takes them from it. */
  writes(items: number): number {
    const { writesPerSecond } = this.#now
    if (writesPerSecond === Number.POSITIVE_INFINITY) return items
    this.#fill()
    const allowed = Math.min(items, Math.floor(this.#writes))
    this.#writes -= allowed
    if (allowed < items) this.#world.hit('path: writes beyond the capacity')
    return allowed
  }

  /** Whether the capacity allows a read now. */
  get isReadable(): boolean {
    if (this.#now.readsPerSecond === Number.POSITIVE_INFINITY) return true
    this.#fill()
    if (this.#reads <= 0) this.#world.hit('path: read beyond the capacity')
    return this.#reads > 0
  }

  /** So many items were read: a page is paid for once its size is known, and the reads after it wait for that. */
  haveRead(items: number): void {
    const { readsPerSecond } = this.#now
    if (readsPerSecond === Number.POSITIVE_INFINITY) return
    this.#reads = Math.max(this.#reads - items, -owedSeconds * readsPerSecond)
  }

  get #now(): Stretch {
    while ((this.#stretches[this.#current + 1]?.from ?? Number.POSITIVE_INFINITY) <= this.#world.now) {
      this.#current++
      this.#world.hit('path: a table changed its speed')
    }
    return this.#stretches[this.#current]!
  }

  #fill(): void {
    const { readsPerSecond, writesPerSecond } = this.#now
    const seconds = (this.#world.now - this.#filledAt) / 1_000
    this.#filledAt = this.#world.now
    const filled = (left: number, rate: number) =>
      rate === Number.POSITIVE_INFINITY ? 0 : Math.min(left + seconds * rate, Math.max(1, savedSeconds * rate))
    this.#reads = filled(this.#reads, readsPerSecond)
    this.#writes = filled(this.#writes, writesPerSecond)
  }
}

function drawStretches(dice: Dice, { now, settings }: World): Stretch[] {
  const slowest = slowestWriteMs / settings.writeMsPerItem
  let from = now
  return Array.from({ length: stretches }, () => {
    const stretch: Stretch = {
      from,
      slowdown: spread(dice, 1, slowest),
      requestMs: spread(dice, 3, slowestRequestMs),
      readsPerSecond: capacity(dice, 3, 300),
      writesPerSecond: capacity(dice, 1, 100),
    }
    from += spread(dice, 60_000, 2 * 3_600_000)
    return stretch
  })
}

/** Most of the time far below what the engine could use. */
function capacity(dice: Dice, least: number, most: number): number {
  const what = dice.weighted({ scarce: 7, some: 1, unlimited: 2 })
  if (what === 'unlimited') return Number.POSITIVE_INFINITY
  return what === 'scarce' ? spread(dice, least, 5 * least) : spread(dice, 5 * least, most)
}

/** Any order of magnitude is as likely as another. */
function spread(dice: Dice, low: number, high: number): number {
  return low * (high / low) ** dice.next()
}
