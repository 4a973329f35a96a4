import type { Sleep } from '../runtime/ports.ts'

/** How long a difference must last before it counts, and the largest share of a slice that may take. */
const patienceMs = 20_000
const patienceShare = 5

/** How long a difference must last in slices of this length, ms. */
export function patienceOf(sliceMs: number): number {
  return Math.min(patienceMs, sliceMs / patienceShare)
}

/** Shares of the whole patience: short at first, because most differences are changes still in transit. */
const shares = [1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2]

/**
 * Compares the unequal items again, after growing pauses, until all are equal or `patienceMs` has passed. A live change
 * is in transit for a second or so, and only a longer difference counts.
 * @param compare returns the items that are still unequal; its last result is returned.
 */
export async function untilStable<T>(
  first: T[],
  compare: (again: T[]) => Promise<T[]>,
  patienceMs: number,
  sleep: Sleep,
): Promise<T[]> {
  let wrong = first
  for (const share of shares) {
    if (wrong.length === 0) return wrong
    await sleep(Math.ceil(patienceMs * share))
    wrong = await compare(wrong)
  }
  return wrong
}
