import { Dice } from './dice.ts'
import type { World } from './world.ts'

/** When the watchdog does not sweep: for ten minutes to an hour, in some seeds. */
export class Absence {
  readonly #world: World
  readonly #from: number
  readonly #until: number

  constructor(world: World) {
    this.#world = world
    const dice = new Dice(world.request.seed, 'watchdog')
    this.#from = world.now + world.settings.tempo * dice.between(0, 300_000)
    const lasts = dice.between(600_000, 3_600_000)
    this.#until = dice.chance(world.settings.rates['watchdog absent']) ? this.#from + lasts : 0
  }

  isAt(time: number): boolean {
    const isAbsent = time >= this.#from && time < this.#until
    if (isAbsent) this.#world.hit('fault: watchdog absent')
    return isAbsent
  }
}
