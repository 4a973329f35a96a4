import type { Attributes } from '../../../shared/dynamodb/attributes.ts'
import { encodeKey, type Key, keyAttributes, keyOf } from '../../../shared/dynamodb/key.ts'
import type { MemoryTable } from '../../memory/table.ts'
import { Dice } from '../dice.ts'
import type { World } from '../world.ts'
import { drawKey, type Population } from './items.ts'
import { moved } from './keys.ts'
import { possibleOutputs } from './migrations.ts'

/** Items that one visit makes missing, changed or foreign, at most. */
const mostPlanted = 12

/** Somebody who has no business in the destination: deletes and changes items there, and puts others beside them. */
export class Meddler {
  /** Encoded keys that it made wrong, until somebody has repaired them. */
  readonly planted = new Set<string>()
  /** It does not wait until the run has finished. */
  readonly comesEarly: boolean
  readonly #world: World
  readonly #dice: Dice
  readonly #source: MemoryTable
  readonly #destination: MemoryTable
  readonly #population: Population

  constructor(world: World, source: MemoryTable, destination: MemoryTable, population: Population) {
    this.#world = world
    this.#dice = new Dice(world.request.seed, 'meddler')
    this.comesEarly = this.#dice.chance(0.7)
    this.#source = source
    this.#destination = destination
    this.#population = population
  }

  plant(): void {
    const dice = this.#dice
    for (let i = dice.whole(1, mostPlanted); i > 0; i--) {
      const what = dice.pick(['missing', 'changed', 'foreign'] as const)
      const there = this.#destination.size > 0 ? dice.pick(this.#destination.items()) : undefined
      if (what === 'foreign') {
        // Without an inverse verify takes nothing for an orphan, so a repair leaves it.
        if (this.#world.settings.invertible) this.#putForeign()
      } else if (there && what === 'missing') this.#delete(there)
      else if (there) this.#change(there)
    }
  }

  #delete(item: Attributes): void {
    const key = keyOf(this.#destination.schema, item)!
    this.#note('missing', key)
    this.#destination.delete(key)
  }

  #change(item: Attributes): void {
    const key = keyOf(this.#destination.schema, item)!
    this.#note('changed', key)
    const { version, ...rest } = item
    const changed = this.#dice.pick<Attributes>([
      rest,
      { ...item, version: { S: '1' } },
      { ...item, meddled: { BOOL: true } },
      { ...item, version: { N: '-1' } },
    ])
    this.#destination.store(changed)
  }

  /** A key that nothing in the source makes: a new one, or one that an item of the source has left or may move to. */
  #putForeign(): void {
    const { schema } = this.#source
    const made = new Set(
      this.#source
        .items()
        .flatMap(possibleOutputs)
        .map((item) => encodeKey(keyOf(schema, item)!)),
    )
    const own = this.#source.size > 0 ? keyOf(schema, this.#dice.pick(this.#source.items()))! : undefined
    const near = own ? [own, { ...own, pk: moved(own.pk, 0) }, { ...own, pk: moved(own.pk, 1) }] : []
    const key = this.#dice.pick([drawKey(this.#dice, this.#population), ...near])
    if (made.has(encodeKey(key))) return
    this.#note('foreign', key)
    this.#destination.store({ ...keyAttributes(schema, key), foreign: { BOOL: true } })
  }

  #note(what: 'missing' | 'changed' | 'foreign', key: Key): void {
    const text = encodeKey(key)
    this.planted.add(text)
    this.#world.hit(`meddler: ${what}`)
    if (this.#world.story.isAbout(text)) this.#world.story.tell('meddler', `${what} ${text}`)
  }
}
