import { cold, type Workload, warmFor } from './workload.ts'

export interface Cell {
  items: number
  skew: number
  workers: number
  destination: 'cold' | 'warm'
}

export const skews = [0, 1, 1.2, 1.73]
export const sizes = [10_000_000, 1_000_000_000, 100_000_000_000]
export const crowds = [100, 1_000, 10_000]

/** Every combination; the order in which they are printed. */
export const grid: Cell[] = sizes.flatMap((items) =>
  skews.flatMap((skew) =>
    crowds.flatMap((workers) =>
      (['cold', 'warm'] as const).map((destination) => ({ items, skew, workers, destination })),
    ),
  ),
)

/** Items of 1 KB. */
export function workloadOf({ destination, ...cell }: Cell, seed: number): Workload {
  return {
    ...cell,
    bytesPerItem: 1_000,
    ...(destination === 'cold' ? cold : warmFor(cell.workers)),
    seed,
  }
}

/** 16 M items, 40 GB, one key of 5 M, 40 slices: the table of the forecast's test. */
export function fortyGigabytes(change: Partial<Workload>): Workload {
  return {
    ...{ items: 16_000_000, bytesPerItem: 2_500, skew: 0, heavyItems: 5_000_000, workers: 40, seed: 1 },
    ...{ warm: cold.warm, most: cold.warm },
    ...change,
  }
}

/** DAWSON's night of 2021-09-11, as far as it is known: 68,806 segments of 200 items, and one key of half the table. */
export function dawson(change: Partial<Workload> = {}): Workload {
  return {
    ...{ items: 68_806 * 200, bytesPerItem: 1_000, skew: 0, heavyItems: 5_000_000, workers: 1_000, seed: 1 },
    ...{ warm: 40_000, most: 40_000 },
    ...change,
  }
}

/** Copy's makespan may be so many times what is possible, and so many seconds more. */
export const goal = { times: 1.15, seconds: 900 }

/** How many times the least possible a makespan is, after the seconds that the goal allows beside. */
export function ratio({ seconds, leastSeconds }: { seconds: number; leastSeconds: number }): number {
  return Math.max(0, seconds - goal.seconds) / leastSeconds
}
