import type { Scheduler } from './scheduler.ts'

/** What a story is about: encoded keys of items, and ids of chunks. */
export interface About {
  keys: readonly string[]
  chunks: readonly string[]
}

/**
 * The timeline of a few keys. A run keeps none; the run of a failing seed is repeated with the keys of its violation,
 * and as one seed is one run, the repetition tells how it came to it.
 */
export class Story {
  readonly lines: string[] = []
  readonly #scheduler: Scheduler
  readonly #start: number
  readonly #keys: ReadonlySet<string> | undefined
  /** Chunks that once had to do with the keys. */
  readonly #involved = new Set<string>()

  constructor(scheduler: Scheduler, about: About | undefined) {
    this.#scheduler = scheduler
    this.#start = scheduler.now
    this.#keys = about && new Set(about.keys)
    for (const chunk of about?.chunks ?? []) this.involve(chunk)
  }

  get isTold(): boolean {
    return this.#keys !== undefined
  }

  isAbout(key: string): boolean {
    return this.#keys?.has(key) ?? false
  }

  /** From now on, what becomes of this chunk belongs to the story. */
  involve(chunk: string): void {
    this.#involved.add(chunk)
  }

  isInvolved(chunk: string): boolean {
    return this.#involved.has(chunk)
  }

  /** A line, where the story is told. */
  tell(who: string, what: string): void {
    if (!this.isTold) return
    const seconds = ((this.#scheduler.now - this.#start) / 1000).toFixed(3).padStart(10)
    this.lines.push(`${seconds}  ${who.padEnd(16)}  ${what}`)
  }
}
