import type { Attributes } from '../../../shared/dynamodb/attributes.ts'
import { decodeKey, encodeKey, type Key } from '../../../shared/dynamodb/key.ts'
import type { Write } from '../../../shared/search/ports.ts'
import type { MemoryTable } from '../../memory/table.ts'
import type { World } from '../world.ts'

/** Changes of one run at most. */
const mostChanges = 150

/**
 * The application that uses the destination while it is indexed: deletes, updates and re-creates items whose documents
 * are on their way, above all of those whose sender has died.
 */
export class IndexWriters {
  readonly #world: World
  readonly #destination: MemoryTable
  readonly #changed: Set<string>
  /** How often a bulk provokes a change. */
  readonly #attention: number
  readonly #restart: () => void
  #changes = 0

  /**
   * @param changed gets their keys.
   * @param restart the cluster starts again.
   */
  constructor(world: World, destination: MemoryTable, changed: Set<string>, restart: () => void) {
    this.#world = world
    this.#destination = destination
    this.#changed = changed
    this.#restart = restart
    this.#attention = world.dice.pick([0, 0.2, 0.6, 1])
  }

  /** These documents are sent. */
  sending(writes: readonly Write[]): void {
    const { dice, scheduler } = this.#world
    if (!dice.chance(this.#attention)) return
    const key = keyOf(dice.pick(writes))
    if (key) scheduler.after(dice.between(0, dice.pick([20, 500, 10_000])), () => this.#change(key))
  }

  /** They are under way, and whoever has sent them is dead: they had better be deleted meanwhile, and that forgotten. */
  doomed(writes: readonly Write[]): void {
    const { dice, scheduler } = this.#world
    if (this.#attention === 0) return
    for (const key of writes.flatMap((write) => keyOf(write) ?? []))
      if (dice.chance(0.5)) scheduler.after(dice.between(0, 3_000), () => this.#delete(key))
    if (dice.chance(0.7)) scheduler.after(dice.between(5_000, 40_000), this.#restart)
  }

  #change(key: Key): void {
    const { dice, scheduler } = this.#world
    const there = this.#destination.find(key)
    if (!there) return
    switch (dice.weighted({ delete: 50, update: 25, recreate: 25 })) {
      case 'update':
        this.#store(key, there)
        break
      case 'delete':
        this.#delete(key)
        break
      case 'recreate':
        this.#delete(key)
        scheduler.after(dice.between(0, dice.pick([100, 3_000, 30_000])), () => this.#store(key, there))
    }
  }

  #delete(key: Key): void {
    if (!this.#destination.find(key) || !this.#note(key)) return
    this.#destination.delete(key)
  }

  #store(key: Key, item: Attributes): void {
    if (this.#note(key)) this.#destination.store({ ...item, indexed: { N: String(this.#changes) } })
  }

  #note(key: Key): boolean {
    if (this.#changes++ >= mostChanges) return false
    this.#world.hit('path: changed while it is indexed')
    this.#changed.add(encodeKey(key))
    return true
  }
}

/** Of the item that a document is made of. */
function keyOf(write: Write): Key | undefined {
  if (write.op !== 'index') return undefined
  const { segue } = JSON.parse(write.json) as { segue: { key: string } }
  return decodeKey(segue.key)
}
