import type { FeedName } from '../../../shared/ledger/feeds.ts'
import type { Mapping, StreamRecord } from '../../../shared/live/ports.ts'
import type { Sandbox } from '../lambda/sandbox.ts'
import type { Lambda, LambdaService } from '../lambda/service.ts'
import type { World } from '../world.ts'
import { ShardPoller } from './poller.ts'
import type { TableStream } from './stream.ts'

/** The payload of an invocation: what it stands for is with the mapping. */
export type Batch = { batch: number; feed?: 'index' }

/**
 * The event source mapping between a stream and the function that applies it: minutes to change, pollers that begin minutes
 * after it says Enabled, parents before children, records of one item in order, batches that come again.
 */
export class EventSourceMapping {
  state: 'Enabled' | 'Disabled' | 'changing' = 'Disabled'
  readonly world: World
  readonly stream: TableStream
  readonly service: LambdaService
  readonly lambda: Lambda
  readonly startingPosition: 'TRIM_HORIZON' | 'LATEST' = 'TRIM_HORIZON'
  readonly #pollers = new Map<string, ShardPoller>()
  readonly #batches: StreamRecord[][] = []
  #held: (() => void)[] = []
  #stuckUntil = 0

  readonly feed: FeedName

  constructor(world: World, stream: TableStream, service: LambdaService, lambda: Lambda, feed: FeedName = 'source') {
    this.feed = feed
    this.world = world
    this.stream = stream
    this.service = service
    this.lambda = lambda
    stream.onNews = () => void this.#look()
    if (world.strikes('mapping stuck')) this.#stuckUntil = world.now + world.dice.between(600_000, 2_700_000)
    if (world.strikes('mapping deployed'))
      world.scheduler.after(world.dice.between(0, world.dice.pick([240_000, 1_200_000])), () => this.#deploy())
  }

  set(enabled: boolean): void {
    if (this.state === 'changing' || (this.state === 'Enabled') === enabled) return
    const { now, dice, settings } = this.world
    const stuckMs = enabled ? Math.max(0, this.#stuckUntil - now) : 0
    // It says that it is done, and is not.
    if (stuckMs > 0 && dice.chance(0.5)) return
    this.state = 'changing'
    this.world.scheduler.after(stuckMs + dice.between(0, settings.mappingMs), () => {
      this.state = enabled ? 'Enabled' : 'Disabled'
      if (enabled) for (const goOn of this.#held.splice(0)) goOn()
      void this.#look()
    })
  }

  /** CloudFormation sends all its properties again, `Enabled: false` among them. */
  #deploy(): void {
    if (this.state === 'Enabled') this.world.hit('path: mapping disabled by a deployment')
    this.set(false)
  }

  /** Where it is off: until it is on again. What is under way goes on. */
  async untilEnabled(): Promise<void> {
    while (this.state === 'Disabled') await new Promise<void>((resolve) => this.#held.push(resolve))
  }

  /** Whether everything that happened has been delivered and acknowledged. */
  get isIdle(): boolean {
    if (this.state !== 'Enabled') return true
    return this.stream.underWay === 0 && [...this.#pollers.values()].every((poller) => poller.isIdle)
  }

  /** What the payload of an invocation stands for. */
  recordsOf(batch: number): StreamRecord[] {
    return this.#batches[batch]!
  }

  /** A payload for these records. */
  batch(records: StreamRecord[]): Batch {
    const batch = this.#batches.push(records) - 1
    return this.feed === 'index' ? { batch, feed: this.feed } : { batch }
  }

  async #look(): Promise<void> {
    if (this.state !== 'Enabled') return
    const all = this.stream.memory.all()
    for (const { id, parent } of all) {
      const known = this.#pollers.get(id)
      if (known) known.wake()
      else if (!all.some((each) => each.id === parent) || this.#pollers.get(parent!)?.isDone) this.#begin(id)
    }
  }

  #begin(shard: string): void {
    const poller = new ShardPoller(this, shard, () => void this.#look())
    this.#pollers.set(shard, poller)
    const { dice, scheduler, settings } = this.world
    scheduler.after(dice.between(0, dice.chance(0.2) ? settings.mappingMs : 1_000), () => void poller.begin())
  }
}

/** The mapping as the code in one environment changes it. */
export function mappingIn(world: World, sandbox: Sandbox, mapping: EventSourceMapping): Mapping {
  const call = (write: boolean) => ({ name: 'mapping', ms: 3 * world.settings.requestMs, write })
  return {
    set: (enabled) => sandbox.request(call(true), async () => mapping.set(enabled)),
    state: () => sandbox.request(call(false), async () => mapping.state),
  }
}
