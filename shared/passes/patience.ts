import type { Sleep } from '../runtime/ports.ts'

/** Shares of the whole patience: short at first, because most differences are changes on their way. */
const shares = [1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2]

/**
 * Looks again, with growing pauses, at those that are not right yet, until all are or `patienceMs` has passed: a live
 * change is on its way for a second or so, and only what outlasts that is a difference.
 * @param look answers those still not right; the last answer is what it came to.
 */
export async function untilStable<T>(
  first: T[],
  look: (again: T[]) => Promise<T[]>,
  patienceMs: number,
  sleep: Sleep,
): Promise<T[]> {
  let wrong = first
  for (const share of shares) {
    if (wrong.length === 0) return wrong
    await sleep(Math.ceil(patienceMs * share))
    wrong = await look(wrong)
  }
  return wrong
}
