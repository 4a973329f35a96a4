/** Something that will happen; `undefined` once it was cancelled. */
export interface Timer {
  readonly time: number
  readonly order: number
  run: (() => void) | undefined
}

export type Ended = 'stopped' | 'nothing left' | 'too many events' | 'too much time'

/**
 * Virtual time: a queue of timers, of which the earliest runs next. Between two timers every continuation that is ready
 * runs, so that what happens depends on the timers and on nothing else.
 */
export class Scheduler {
  /** Milliseconds since the epoch, virtual. */
  now: number
  /** Timers run so far. */
  events = 0
  readonly #heap: Timer[] = []
  #order = 0
  #stopped = false

  constructor(start: number) {
    this.now = start
  }

  at(time: number, run: () => void): Timer {
    const timer: Timer = { time: Math.max(time, this.now), order: this.#order++, run }
    this.#push(timer)
    return timer
  }

  after(milliseconds: number, run: () => void): Timer {
    return this.at(this.now + milliseconds, run)
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(milliseconds, resolve)
    })
  }

  /** Lets the loop end after the timer that runs now. */
  stop(): void {
    this.#stopped = true
  }

  /**
   * Runs timers until `stop` is called, nothing is left, or a bound is passed.
   * @throws what a timer throws.
   */
  run(mostEvents: number, mostTime: number): Promise<Ended> {
    this.#stopped = false
    return new Promise((resolve, reject) => {
      // A tick asked for by the last microtask comes after all others are done: a quarter of what setImmediate costs.
      const next = () => process.nextTick(step)
      const step = () => {
        if (this.#stopped) return resolve('stopped')
        const timer = this.#pop()
        if (!timer) return resolve('nothing left')
        if (++this.events > mostEvents) return resolve('too many events')
        if (timer.time > mostTime) return resolve('too much time')
        this.now = timer.time
        try {
          timer.run?.()
        } catch (error) {
          return reject(error)
        }
        queueMicrotask(next)
      }
      // What was begun before may have asked for its first timer only after a few microtasks.
      queueMicrotask(next)
    })
  }

  #push(timer: Timer): void {
    const heap = this.#heap
    let index = heap.length
    while (index > 0) {
      const above = (index - 1) >> 1
      if (!isBefore(timer, heap[above]!)) break
      heap[index] = heap[above]!
      index = above
    }
    heap[index] = timer
  }

  /** The earliest timer that was not cancelled. */
  #pop(): Timer | undefined {
    for (;;) {
      const first = this.#heap[0]
      const last = this.#heap.pop()
      if (!first || !last) return undefined
      if (this.#heap.length > 0) this.#sink(last)
      if (first.run) return first
    }
  }

  #sink(timer: Timer): void {
    const heap = this.#heap
    let index = 0
    for (;;) {
      let below = index * 2 + 1
      if (below >= heap.length) break
      if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below++
      if (!isBefore(heap[below]!, timer)) break
      heap[index] = heap[below]!
      index = below
    }
    heap[index] = timer
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order)
}
