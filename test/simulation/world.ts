import { CapacityChecks } from './checks/capacity.ts'
import { Counters } from './counters.ts'
import { Dice } from './dice.ts'
import { type Fault, isFurther } from './faults.ts'
import { Scheduler } from './scheduler.ts'
import { drawSettings, type Request, type Settings } from './settings.ts'
import { type About, Story } from './story.ts'
import type { Violation } from './violation.ts'

/** 2026-01-05T00:00:00Z, a Monday. */
export const epoch = 1_767_571_200_000

/** What all parts of one run share: time, chance, what was counted, and what was found wrong. */
export class World {
  readonly request: Request
  readonly settings: Settings
  readonly scheduler = new Scheduler(epoch)
  readonly counters = new Counters()
  readonly story: Story
  readonly violations: Violation[] = []
  readonly capacity = new CapacityChecks(this)
  /** Of faults and latencies. */
  readonly dice: Dice
  /** Of faults that were added later, and of all that happens in them. */
  readonly further: Dice
  /** Of signs of life that are lost, and of those who watch. */
  readonly watching: Dice

  constructor(request: Request, about?: About) {
    this.request = request
    this.settings = drawSettings(new Dice(request.seed, 'settings'), request)
    this.dice = new Dice(request.seed, 'faults')
    this.further = new Dice(request.seed, 'further faults')
    this.watching = new Dice(request.seed, 'watching')
    if (this.settings.slackMs === this.settings.silenceSeconds * 1000) this.hit('path: margins of production')
    this.story = new Story(this.scheduler, about)
  }

  /** The same world with chance of its own: whoever draws there leaves everybody else's story as it is. */
  beside(label: string): World {
    const { seed } = this.request
    return Object.create(this, {
      dice: { value: new Dice(seed, `${label} faults`) },
      further: { value: new Dice(seed, `further ${label} faults`) },
    }) as World
  }

  get now(): number {
    return this.scheduler.now
  }

  get isCalm(): boolean {
    return this.now - epoch > this.settings.calmAfter
  }

  /** Whether this fault happens now; counted when it does. */
  strikes(fault: Fault): boolean {
    const dice = isFurther(fault) ? this.further : this.dice
    if (this.isCalm || !dice.chance(this.settings.rates[fault])) return false
    this.hit(`fault: ${fault}`)
    return true
  }

  hit(path: string): void {
    this.counters.hit(path)
  }

  /** Notes the violation and ends the run: what follows a broken promise proves nothing. */
  violated(violation: Violation): void {
    if (this.violations.length === 0) this.violations.push(violation)
    this.scheduler.stop()
  }
}
