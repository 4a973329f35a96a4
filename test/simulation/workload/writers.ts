import { decodeKey, encodeKey, type Key, keyOf, sameKeyValue } from '../../../shared/dynamodb/key.ts'
import type { Page } from '../../../shared/dynamodb/ports.ts'
import type { MemoryTable } from '../../memory/table.ts'
import { Dice } from '../dice.ts'
import { slackMs } from '../settings.ts'
import type { World } from '../world.ts'
import { drawKey, type Kind, makeItem, type Population } from './items.ts'
import { expectedOutputs } from './migrations.ts'

/** Changes of one run at most, without those that are repeated after it. */
const mostChanges = 130
/** Keys that were lately written or read by copy: most of what follows is about them. */
const recentKeys = 12

/**
 * The application that uses the source meanwhile: inserts, updates, moves by attribute, deletes, re-creations, items that
 * cannot be migrated and their cures, and items that claim a destination key of another; above all where copy is at work.
 */
export class Writers {
  isOver = false
  readonly #world: World
  readonly #dice: Dice
  readonly #source: MemoryTable
  readonly #population: Population
  readonly #captures: () => boolean
  readonly #recent: Key[] = []
  /** Items made to claim a key of another. */
  readonly #rivals: Key[] = []
  readonly #known: Key[]
  readonly #meanGapMs: number
  /** How often a page of copy provokes a change of its keys. */
  readonly #attention: number
  /** Whether it changes what settling reads. */
  readonly #harries: boolean
  #stopAt: number
  #finished = false
  #changes = 0
  #version = 1

  /**
   * @param captures whether changes are the stream's by now. Before, two items that claim one key are a collision that
   *   nothing but verify sees; settling decides about those that changed since. See {@link withdrawClaims}.
   */
  constructor(world: World, source: MemoryTable, population: Population, captures: () => boolean) {
    this.#captures = captures
    this.#world = world
    const dice = new Dice(world.request.seed, 'writers')
    this.#dice = dice
    this.#source = source
    this.#population = population
    this.#known = source.items().map((item) => keyOf(source.schema, item)!)
    const { tempo } = world.settings
    this.#meanGapMs = tempo * dice.pick([400, 1_200, 3_000])
    this.#harries = dice.chance(0.5)
    this.#attention = dice.pick([0.05, 0.2, 0.5])
    // Some stop early, so that verify can be held to its word; some write on after the run has finished.
    const copyBegins = world.now + (world.settings.offline ? 0 : 2 * slackMs)
    this.#stopAt = copyBegins + tempo * dice.between(20_000, dice.pick([60_000, 240_000, 900_000]))
  }

  start(): void {
    if (this.#dice.chance(0.4)) for (let i = this.#dice.whole(1, 15); i > 0; i--) this.#change()
    void this.#write()
  }

  /** The run has finished: a last few changes, now and then, that the live function alone sees. */
  async runFinished(): Promise<void> {
    this.#finished = true
    if (this.#dice.chance(0.4)) this.#stopAt = Math.min(this.#stopAt, this.#world.now)
    while (!this.isOver) await this.#world.scheduler.sleep(1_000)
    if (!this.#dice.chance(0.4)) return
    this.#world.hit('path: writes after the run')
    for (let i = this.#dice.whole(1, 10); i > 0; i--) {
      this.#change()
      await this.#world.scheduler.sleep(this.#dice.between(0, 2_000))
    }
  }

  /** Copy has read a page: its keys, and those that come next, are where a change does most harm. */
  seen(page: Page): void {
    if (this.isOver || !this.#dice.chance(this.#attention)) return
    const item = page.items.length > 0 ? this.#dice.pick(page.items) : undefined
    if (item) this.#remember(item.key)
    const { next } = page
    const soon = this.#dice.between(0, this.#dice.pick([20, 300, 5_000]))
    this.#world.scheduler.after(soon, async () => {
      if (next?.sk && this.#dice.chance(0.3)) {
        const ahead = await this.#source.query({ pk: next.pk, after: next.sk, limit: 10, consistent: true })
        if (ahead.items.length > 0) this.#remember(this.#dice.pick(ahead.items).key)
      }
      if (!this.isOver) this.#change()
    })
  }

  /** Settling has just read these items: a change that overtakes its write must not be lost. */
  settling(keys: Key[]): void {
    if (this.#finished || !this.#harries || this.#changes > 2 * mostChanges || !this.#dice.chance(0.3)) return
    const key = this.#dice.pick(keys)
    this.#world.scheduler.after(this.#dice.between(0, this.#dice.pick([5, 50, 1_000])), () => {
      if (!this.#finished) this.#change(key)
    })
  }

  /** Copies of these items, made under destination keys, may land much later: they had better be deleted meanwhile. */
  doomed(destinations: Key[]): void {
    for (const key of destinations)
      this.#world.scheduler.after(this.#dice.between(0, 3_000), () => {
        if (!this.#finished && this.#source.find(key) && this.#dice.chance(0.8)) this.#delete(key)
      })
  }

  /** A run begins: two items that claim one key must not be there before its changes are the stream's. */
  withdrawClaims(): void {
    for (const rival of this.#rivals.splice(0)) if (this.#source.find(rival)) this.#delete(rival)
  }

  async #write(): Promise<void> {
    while (this.#world.now < this.#stopAt && this.#changes < mostChanges) {
      await this.#world.scheduler.sleep(-Math.log(1 - this.#dice.next()) * this.#meanGapMs)
      this.#change()
    }
    this.isOver = true
  }

  #change(key: Key = this.#key()): void {
    const there = this.#source.find(key)
    const what = there ? this.#dice.weighted({ update: 50, delete: 20, recreate: 12, poison: 8, claim: 10 }) : 'insert'
    switch (what) {
      case 'insert':
        this.#store(what, key)
        break
      case 'update':
        this.#store('update', key)
        break
      case 'delete':
        this.#delete(key)
        break
      case 'recreate':
        this.#delete(key)
        this.#world.scheduler.after(this.#dice.between(0, this.#dice.pick([100, 3_000, 30_000])), () => {
          if (!this.isOver) this.#store('recreate', key)
        })
        break
      case 'poison':
        this.#store('poison', key, this.#dice.pick(['throw', 'throw', 'unwanted', 'half']))
        break
      case 'claim':
        if (this.#captures() && !this.#world.settings.invertible) this.#claim(key)
        else this.#store('update', key)
    }
  }

  /** Makes another item whose output has the key of one of this item's, which itself is written anew before. */
  #claim(key: Key): void {
    this.#store('update', key)
    const outputs = expectedOutputs(this.#source.find(key)!)
    if (outputs === 'quarantined' || outputs.length === 0) return
    const wanted = keyOf(this.#source.schema, this.#dice.pick(outputs))!
    const { pk } = drawKey(this.#dice, this.#population)
    const rival: Key = wanted.sk ? { pk, sk: wanted.sk } : { pk }
    if (sameKeyValue(pk, wanted.pk) || sameKeyValue(pk, key.pk)) return
    const item = makeItem(this.#dice, this.#population, rival, ++this.#version, this.#dice.pick(['move', 'split']))
    this.#note('claim', rival)
    this.#rivals.push(rival)
    this.#source.store({ ...item, toPk: wanted.pk })
  }

  #store(what: string, key: Key, kind?: Kind): void {
    this.#note(what, key)
    this.#source.store(makeItem(this.#dice, this.#population, key, ++this.#version, kind))
  }

  #delete(key: Key): void {
    this.#note('delete', key)
    this.#source.delete(key)
  }

  #note(what: string, key: Key): void {
    this.#changes++
    this.#world.hit('live: change')
    this.#world.hit(`live: ${what}`)
    this.#remember(key)
    const { story } = this.#world
    if (story.isTold && story.isAbout(encodeKey(key))) story.tell('application', `${what} ${encodeKey(key)}`)
  }

  #key(): Key {
    const dice = this.#dice
    const choice = dice.weighted({ recent: 50, known: 35, drawn: 15 })
    if (choice === 'recent' && this.#recent.length > 0) return dice.pick(this.#recent)
    if (choice === 'known' && this.#known.length > 0) return dice.pick(this.#known)
    return drawKey(dice, this.#population)
  }

  #remember(key: Key): void {
    this.#recent.push(decodeKey(encodeKey(key)))
    if (this.#recent.length > recentKeys) this.#recent.shift()
  }
}
