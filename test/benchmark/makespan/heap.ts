/** A binary heap: takes out what has the least `at` first. */
export class Heap<T extends { at: number }> {
  readonly #all: T[] = []

  get first(): T | undefined {
    return this.#all[0]
  }

  add(entry: T): void {
    const all = this.#all
    let i = all.push(entry) - 1
    while (i > 0) {
      const up = (i - 1) >> 1
      if (all[up]!.at <= entry.at) break
      all[i] = all[up]!
      i = up
    }
    all[i] = entry
  }

  take(): T | undefined {
    const all = this.#all
    const [first] = all
    const last = all.pop()
    if (all.length === 0 || !last) return first
    let i = 0
    for (;;) {
      let down = 2 * i + 1
      if (down >= all.length) break
      if (down + 1 < all.length && all[down + 1]!.at < all[down]!.at) down++
      if (all[down]!.at >= last.at) break
      all[i] = all[down]!
      i = down
    }
    all[i] = last
    return first
  }
}
