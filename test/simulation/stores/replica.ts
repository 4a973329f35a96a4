import { keyOf } from '../../../shared/dynamodb/key.ts'
import { type Change, type MemoryTable, memoryTable } from '../../memory/table.ts'
import type { Dice } from '../dice.ts'
import type { World } from '../world.ts'

/** Share of reads that are answered by a replica that is behind; of changes that reach it late by many seconds. */
export const staleShare = 0.5
const lateShare = 0.03

/** How much later than it happens a change shows to a read that is not strongly consistent, ms. */
export function drawLag(dice: Dice, late = lateShare): number {
  return dice.chance(late) ? dice.between(2_000, 20_000) : dice.between(5, 1_200)
}

/** A replica of a table that changes reach late, in order: what a read that is not strongly consistent may see. */
export class Replica {
  /** When the last change so far reaches it. */
  lastAt = 0
  readonly #memory: MemoryTable
  readonly #table: MemoryTable
  readonly #world: World
  readonly #dice: Dice
  readonly #path: string
  readonly #late: number
  #behind = 0

  /**
   * @param path under which its answers are counted.
   * @param late share of the changes that reach it late by many seconds.
   */
  constructor(world: World, table: MemoryTable, dice: Dice, path: string, late = lateShare) {
    this.#world = world
    this.#table = table
    this.#dice = dice
    this.#path = path
    this.#late = late
    this.#memory = memoryTable(table.schema, table.name)
    for (const item of table.items()) this.#memory.store(item)
  }

  note({ old, new: now }: Change): void {
    const { scheduler } = this.#world
    this.lastAt = Math.max(this.lastAt, scheduler.now + drawLag(this.#dice, this.#late))
    this.#behind++
    scheduler.at(this.lastAt, () => {
      this.#behind--
      if (now) this.#memory.store(now)
      else this.#memory.delete(keyOf(this.#table.schema, old!)!)
    })
  }

  /** The table that a read not asking for strong consistency meets. */
  any(): MemoryTable {
    if (this.#behind === 0 || !this.#dice.chance(staleShare)) return this.#table
    this.#world.hit(this.#path)
    return this.#memory
  }
}
