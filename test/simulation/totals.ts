import type { Result } from './run-seed.ts'

/** What many runs came to. */
export class Totals {
  readonly counts = new Map<string, number>()
  readonly failures: Result[] = []
  runs = 0
  virtualMs = 0
  readonly #perRun = new Map<string, number[]>(mediansWanted.map(([name]) => [name, []]))

  add(result: Result): void {
    this.runs++
    this.virtualMs += result.virtualMs
    for (const [name, times] of result.counts) this.counts.set(name, (this.counts.get(name) ?? 0) + times)
    const counts = new Map(result.counts)
    for (const [name, values] of this.#perRun) values.push(counts.get(name) ?? 0)
    if (result.violation) this.failures.push(result)
  }

  median(name: string): number {
    const values = (this.#perRun.get(name) ?? []).toSorted((a, b) => a - b)
    return values[values.length >> 1] ?? 0
  }
}

/** What the median run must have at least. */
export const mediansWanted: [name: string, least: number][] = [
  ['engine: chunk.split', 2],
  ['live: change', 50],
  ['path: environment died', 1],
]
