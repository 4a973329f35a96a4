import { keyOf } from '../../../shared/dynamodb/key.ts'
import { type Change, type MemoryTable, memoryTable } from '../../memory/table.ts'
import type { World } from '../world.ts'

/** Shares of reads that may be stale and are answered by the replica; of changes that reach it late by many seconds. */
const staleShare = 0.5
const lateShare = 0.03

/** A replica of the source that changes reach late, in order: what a read that is not strongly consistent may see. */
export class Replica {
  readonly #memory: MemoryTable
  readonly #source: MemoryTable
  readonly #world: World
  #lastAt = 0
  #behind = 0

  constructor(world: World, source: MemoryTable) {
    this.#world = world
    this.#source = source
    this.#memory = memoryTable(source.schema, source.name)
    for (const item of source.items()) this.#memory.store(item)
  }

  note({ old, new: now }: Change): void {
    const { scheduler, dice } = this.#world
    const lag = dice.chance(lateShare) ? dice.between(2_000, 20_000) : dice.between(5, 1_200)
    this.#lastAt = Math.max(this.#lastAt, scheduler.now + lag)
    this.#behind++
    scheduler.at(this.#lastAt, () => {
      this.#behind--
      if (now) this.#memory.store(now)
      else this.#memory.delete(keyOf(this.#source.schema, old!)!)
    })
  }

  /** The table that a read not asking for strong consistency meets. */
  any(): MemoryTable {
    if (this.#behind === 0 || !this.#world.dice.chance(staleShare)) return this.#source
    this.#world.hit('path: stale read')
    return this.#memory
  }
}
