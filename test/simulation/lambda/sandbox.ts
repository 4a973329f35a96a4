import { DynamoDbError } from '../../../shared/dynamodb/errors.ts'
import type { Runtime } from '../../../shared/runtime/ports.ts'
import { type RequestFault, requestFaults } from '../faults.ts'
import type { JsonObject } from '../interpreter/json.ts'
import type { World } from '../world.ts'

/** A client gives a request up after this long. Source: functions/wiring/world.ts, `requestTimeout`. */
const requestTimeoutMs = 10_000
/** No request lands later than this after the hard deadline of the invocation that sent it; the engine counts on 60 s. */
const lingerMs = 50_000

/** One request to a service: what it is, how long it takes without faults, and whether it changes anything. */
export interface RequestShape<T = never> {
  name: string
  ms: number
  write: boolean
  /** It writes items of a table, not rows of the ledger. */
  item?: boolean
  /** The process dies while this is under way. */
  crashes?: boolean
  /** It may land long after the process that sent it has died. */
  onLinger?(): void
  /** How long its answer takes to come across. */
  transferMs?(value: T): number
}

export interface Invocation {
  id: string
  payload: JsonObject
  startedAt: number
  /** Hard deadline, true time. */
  deadline: number
}

/**
 * One environment of a Lambda, with its own clock. All continuations of the code inside pass through it: a dead one
 * never answers again, a frozen one answers when it is thawed by its next invocation.
 */
export class Sandbox {
  readonly name: string
  readonly runtime: Runtime
  readonly skewMs: number
  invocation: Invocation | undefined
  dead = false
  /** Writes of items whose answer it still waits for. */
  itemWrites = 0
  /** How long faults have held it up, and until when. */
  readonly #heldUp: { until: number; ms: number }[] = []
  readonly #world: World
  #frozen = false
  #stalledUntil = 0
  /** Requests under way, and how long there was at least one, since the invocation began. */
  #underWay = 0
  #workedMs = 0
  #workedAt = 0
  #landsLate = false
  #parked: (() => void)[] = []
  #onDeath: ((error: string, cause: string) => void) | undefined

  constructor(world: World, name: string, emit: Runtime['emit']) {
    this.name = name
    this.#world = world
    this.skewMs = world.strikes('clock skew') ? Math.round(world.dice.between(-3_000, 3_000)) : 0
    this.runtime = {
      clock: () => Math.floor(world.now) + this.skewMs,
      sleep: (ms, signal) => this.#sleep(ms, signal),
      random: () => world.dice.next(),
      emit,
    }
  }

  begin(invocation: Invocation, onDeath: (error: string, cause: string) => void): void {
    this.invocation = invocation
    this.#onDeath = onDeath
    this.#frozen = false
    this.#noteWork(0)
    this.#workedMs = 0
    const parked = this.#parked
    this.#parked = []
    if (parked.length > 0) this.#world.hit('path: thawed with work pending')
    for (const run of parked) this.deliver(run)
  }

  /** The handler has answered: whatever it left pending stands still until the next invocation. */
  freeze(): void {
    this.#frozen = true
    this.#onDeath = undefined
  }

  die(error: string, cause: string): void {
    if (this.dead) return
    this.dead = true
    this.#parked = []
    this.tell(`dies: ${error}`)
    this.#onDeath?.(error, cause)
  }

  /** Dies, and what it has sent lands at any time until the last at which it may. */
  dieWithWrites(): void {
    this.#landsLate = true
    this.die('Lambda.Unknown', 'The process has exited.')
  }

  deliver(run: () => void): void {
    if (this.dead) return
    if (this.#frozen) this.#parked.push(run)
    else if (this.#world.now < this.#stalledUntil) this.#world.scheduler.at(this.#stalledUntil, () => this.deliver(run))
    else run()
  }

  /** A fault holds it up from now on. */
  holdUp(ms: number): void {
    this.#heldUp.push({ until: this.#world.now + ms, ms })
  }

  /** How long faults have held it up that were not over by then. */
  heldUpMsSince(time: number): number {
    return this.#heldUp.reduce((sum, { until, ms }) => (until > time ? sum + ms : sum), 0)
  }

  /** How long the invocation has worked: had a request under way, or stood still for a fault. */
  get workedMs(): number {
    this.#noteWork(0)
    return this.#workedMs
  }

  /** Waits of which a table is not the cause count as work. */
  waits(ms: number): void {
    this.#workedMs += ms
  }

  #noteWork(more: number): void {
    const { now } = this.#world
    if (this.#underWay > 0) this.#workedMs += now - this.#workedAt
    this.#workedAt = now
    this.#underWay += more
  }

  /** A line of the story, where this environment works on what it is about. */
  tell(what: string): void {
    const { story } = this.#world
    const chunk = this.invocation?.payload.chunk
    if (story.isTold && (chunk === undefined || story.isInvolved(String(chunk)))) story.tell(this.name, what)
  }

  /** Sends a request: `effect` happens on its way, its answer comes back, unless a fault has it otherwise. */
  request<T>(shape: RequestShape<T>, effect: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolved, rejected) => {
      if (this.dead) return
      if (shape.item) this.itemWrites++
      this.#noteWork(1)
      const answered = () => {
        this.#noteWork(-1)
        if (shape.item) this.itemWrites--
      }
      const resolve = (value: T) => {
        answered()
        resolved(value)
      }
      const reject = (error: unknown) => {
        answered()
        rejected(error)
      }
      const world = this.#world
      const { dice, scheduler } = world
      let there = shape.ms * dice.between(0.3, 0.7)
      let back = shape.ms - there + dice.next()
      const latest = world.now + requestTimeoutMs
      const answer = (error?: unknown) => (value: T) => {
        const at = world.now + back + (shape.transferMs?.(value) ?? 0)
        if (at > latest) return tooLate()
        scheduler.at(at, () => this.deliver(() => (error ? reject(error) : resolve(value))))
      }
      const tooLate = () => {
        world.hit('path: request timed out')
        scheduler.at(latest, () => this.deliver(() => reject(failure('unavailable', shape.name))))
      }
      const fail = (code: 'throttled' | 'unavailable', ms: number) =>
        scheduler.after(ms, () => this.deliver(() => reject(failure(code, shape.name))))
      const refused = (error: unknown) => {
        if (world.now + back > latest) return tooLate()
        scheduler.after(back, () => this.deliver(() => reject(error)))
      }
      const fate = shape.crashes ? 'crash with request in flight' : this.#fate(shape)
      if (fate) this.tell(`${shape.name}: ${fate}`)
      switch (fate) {
        case undefined:
          break
        case 'slow': {
          const extra = dice.between(100, 6_000)
          if (dice.chance(0.5)) there += extra
          else back += extra
          this.holdUp(extra)
          break
        }
        case 'stall': {
          const stall = dice.between(1_000, 20_000)
          this.#stalledUntil = world.now + stall
          this.waits(stall)
          this.holdUp(stall)
          break
        }
        case 'no answer':
          this.holdUp(requestTimeoutMs)
          fail('unavailable', requestTimeoutMs)
          this.#land(world.now + dice.between(0, 2 * requestTimeoutMs), shape, effect, nothing, nothing)
          return
        case 'throttled':
          fail('throttled', shape.ms)
          return
        case 'error before effect':
          fail('unavailable', shape.ms)
          return
        case 'error after effect':
          there = Math.min(there, requestTimeoutMs)
          this.#land(world.now + there, shape, effect, answer(failure('unavailable', shape.name)), refused)
          return
        case 'crash before request':
          this.die('Lambda.Unknown', 'The process has exited.')
          return
        case 'crash with request in flight':
          this.#land(world.now + there, shape, effect, nothing, nothing)
          this.die('Lambda.Unknown', 'The process has exited.')
          return
        case 'crash after answer': {
          const crash = () => this.die('Lambda.Unknown', 'The process has exited.')
          this.#land(world.now + there, shape, effect, crash, crash)
          return
        }
      }
      if (there <= requestTimeoutMs) return this.#land(world.now + there, shape, effect, answer(), refused)
      tooLate()
      this.#land(world.now + there, shape, effect, nothing, nothing)
    })
  }

  /** Lets the effect happen; what a process sent before it died may still be on its way for a while. */
  #land<T>(
    time: number,
    shape: { write: boolean; onLinger?(): void },
    effect: () => Promise<T>,
    then: (value: T) => void,
    otherwise: (error: unknown) => void,
    linger = true,
  ): void {
    const { scheduler, dice } = this.#world
    const last = (this.invocation?.deadline ?? this.#world.now) + lingerMs
    scheduler.at(Math.min(time, last), () => {
      if (this.dead && !shape.write) return
      if (this.dead && linger && (this.#landsLate || dice.chance(shape.onLinger ? 0.7 : 0.4))) {
        this.#world.hit('path: write landed after its process died')
        shape.onLinger?.()
        const isSoon = !this.#landsLate && dice.chance(shape.onLinger ? 0.2 : 0.7)
        const later = isSoon ? 5_000 : Math.max(0, last - this.#world.now)
        return this.#land(this.#world.now + dice.between(0, later), shape, effect, then, otherwise, false)
      }
      effect().then(then, otherwise)
    })
  }

  #fate(shape: { write: boolean }): RequestFault | undefined {
    const world = this.#world
    if (world.isCalm) return undefined
    const { rates } = world.settings
    let left = world.dice.next()
    for (const fault of requestFaults) {
      left -= rates[fault]
      if (left >= 0) continue
      if (fault === 'error after effect' && !shape.write) return undefined
      world.hit(`fault: ${fault}`)
      return fault
    }
    return undefined
  }

  #sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (this.dead || signal?.aborted) return this.deliver(resolve)
      const timer = this.#world.scheduler.after(ms, () => this.deliver(resolve))
      signal?.addEventListener('abort', () => {
        timer.run = undefined
        this.deliver(resolve)
      })
    })
  }
}

function nothing(): void {}

export function failure(code: 'throttled' | 'unavailable' | 'conflict', request: string): DynamoDbError {
  return new DynamoDbError(code, `Injected: ${request} failed (${code})`)
}
