/** A moment by both clocks, ms. */
export interface Moment {
  /** Since the epoch. It can be set, forward and back. */
  wall: number
  /** Since any beginning. It stands still while the process is frozen. */
  monotonic: number
}

/** The clocks of this process. */
export interface Time {
  now(): Moment
  /** Calls `act` after so many ms, unless the returned function is called before. */
  after(ms: number, act: () => void): () => void
}

/** Time since a moment, ms, by the clock that says more. For ever, if one of them was set back: nobody knows then. */
export function passedMs({ wall, monotonic }: Moment, time: Time): number {
  const now = time.now()
  const passed = [now.wall - wall, now.monotonic - monotonic]
  return Math.min(...passed) < 0 ? Number.POSITIVE_INFINITY : Math.max(...passed)
}

/** The result of work that ends in time; `late` as soon as it has not, whatever it does then. */
export async function within<T>(
  ms: number,
  time: Time,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<{ value: T } | 'late'> {
  const controller = new AbortController()
  let cancel = () => {}
  const late = new Promise<'late'>((resolve) => {
    cancel = time.after(ms, () => {
      // First: work that is aborted fails at once, and is late all the same.
      resolve('late')
      controller.abort()
    })
  })
  try {
    return await Promise.race([work(controller.signal).then((value) => ({ value })), late])
  } finally {
    cancel()
  }
}
