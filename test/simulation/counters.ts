/** How often each fault and each path was hit. */
export class Counters {
  readonly counts = new Map<string, number>()

  hit(name: string, times = 1): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + times)
  }

  of(name: string): number {
    return this.counts.get(name) ?? 0
  }
}
