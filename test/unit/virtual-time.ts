import type { Sleep } from '../../shared/runtime/ports.ts'

/** Time that passes only while nothing but requests and sleeps is under way. */
export function virtualTime() {
  let now = 0
  const due: { at: number; wake?: () => void }[] = []
  const after = (ms: number, wake: () => void) => {
    const timer: (typeof due)[number] = { at: now + ms, wake }
    due.push(timer)
    return timer
  }
  const begun: { what: string; at: number }[] = []
  const sleep: Sleep = (ms, signal) =>
    new Promise((resolve) => {
      const timer = after(ms, resolve)
      signal?.addEventListener('abort', () => {
        delete timer.wake
        resolve()
      })
    })
  return {
    clock: () => now,
    sleep,
    /** Every request so far, and when it began. */
    begun,
    /** A request that is answered after so long. */
    request<T>(what: string, ms: number, answer: () => T | Promise<T>): Promise<T> {
      begun.push({ what, at: now })
      return new Promise<T>((resolve, reject) => {
        after(ms, () => void Promise.resolve().then(answer).then(resolve, reject))
      })
    },
    /** Does something at that time. */
    at(time: number, what: () => unknown): void {
      after(time - now, () => void what())
    },
    /** Lets time pass until the work has ended. */
    async during<T>(work: Promise<T>): Promise<T> {
      let over = false
      const end = () => {
        over = true
      }
      work.then(end, end)
      for (;;) {
        await new Promise((resolve) => setImmediate(resolve))
        if (over) return work
        due.sort((a, b) => a.at - b.at)
        const next = due.shift()
        if (!next) throw new Error('Expected the work to end, but it waits for nothing')
        now = Math.max(now, next.at)
        next.wake?.()
      }
    },
  }
}
