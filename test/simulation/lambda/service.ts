import type { EngineEvent } from '../../../shared/runtime/events.ts'
import { StateError } from '../interpreter/errors.ts'
import { type Json, type JsonObject, travel } from '../interpreter/json.ts'
import type { World } from '../world.ts'
import { type Invocation, Sandbox } from './sandbox.ts'

/** A function: its limit, how many may run at once, and the use case behind its door. */
export interface Lambda {
  name: string
  seconds: number
  reserved?: number
  handler(payload: JsonObject, sandbox: Sandbox, context: Context): Promise<unknown>
}

export interface Context {
  getRemainingTimeInMillis(): number
}

/** Lambda, as Step Functions meets it. */
export class LambdaService {
  readonly #world: World
  readonly #emit: (event: EngineEvent, sandbox: Sandbox) => void
  readonly #idle = new Map<string, Sandbox[]>()
  readonly #running = new Map<string, number>()
  readonly #atWork = new Map<Sandbox, Lambda>()
  #invocations = 0
  #busyFrom = 0
  #busyUntil = 0
  #outFrom = 0
  #outUntil = 0

  constructor(world: World, emit: (event: EngineEvent, sandbox: Sandbox) => void) {
    this.#world = world
    this.#emit = emit
    const { tempo } = world.settings
    if (world.strikes('account busy')) {
      this.#busyFrom = world.now + tempo * world.dice.between(0, 120_000)
      this.#busyUntil = this.#busyFrom + world.dice.between(300_000, 2_400_000)
    }
    if (world.strikes('outage')) {
      this.#outFrom = world.now + tempo * world.dice.between(0, 120_000)
      this.#outUntil = this.#outFrom + world.dice.between(120_000, 600_000)
    }
  }

  /**
   * A Task's invocation, with what can happen between the two services.
   * @throws StateError as the state machine sees it.
   */
  async invoke(lambda: Lambda, payload: JsonObject): Promise<Json> {
    const world = this.#world
    await world.scheduler.sleep(world.dice.between(5, 40))
    const out = lambda.name === 'slice' && world.now >= this.#outFrom && world.now < this.#outUntil
    if (out || world.strikes('service exception')) throw new StateError('Lambda.ServiceException', 'Injected')
    if (this.isBusy(lambda)) {
      world.hit('path: reserved concurrency used up')
      throw new StateError('Lambda.TooManyRequestsException', 'Rate exceeded')
    }
    if (world.strikes('duplicate invocation')) this.#again(lambda, payload)
    const answer = this.run(lambda, payload)
    answer.catch(() => {}) // Nobody may be listening any more.
    if (world.strikes('silent invocation')) return new Promise(() => {})
    if (world.strikes('lost invocation')) {
      await world.scheduler.sleep(world.dice.between(0, lambda.seconds * 1_000))
      throw new StateError('Lambda.SdkClientException', 'Injected: the connection was lost')
    }
    return answer
  }

  /** Only functions with a reserve of their own are told to wait: all others have the rest of the account. */
  isBusy({ name, reserved }: Lambda): boolean {
    if (reserved === undefined) return false
    const { now } = this.#world
    return (now >= this.#busyFrom && now < this.#busyUntil) || (this.#running.get(name) ?? 0) >= reserved
  }

  #again(lambda: Lambda, payload: JsonObject): void {
    const { dice, scheduler } = this.#world
    const later = dice.pick([50, 5_000, 120_000, 900_000])
    scheduler.after(dice.between(0, later), () => {
      if (!this.isBusy(lambda)) this.run(lambda, payload).catch(() => {})
    })
  }

  /** One invocation in an environment, from its start to its answer, its error, its time-out or its crash. */
  run(lambda: Lambda, payload: JsonObject): Promise<Json> {
    const world = this.#world
    const { scheduler, dice } = world
    this.#running.set(lambda.name, (this.#running.get(lambda.name) ?? 0) + 1)
    return new Promise((resolve, reject) => {
      const warm = dice.chance(0.8) ? this.#idle.get(lambda.name)?.pop() : undefined
      const id = ++this.#invocations
      const sandbox = warm ?? this.#create(`${lambda.name}~${id}`)
      scheduler.after(warm ? dice.between(1, 5) : dice.between(50, 400), () => {
        const deadline = scheduler.now + lambda.seconds * 1_000
        const invocation: Invocation = { id: `${lambda.name}#${id}`, payload, startedAt: scheduler.now, deadline }
        const end = scheduler.at(deadline, () => {
          world.hit(`path: ${lambda.name} timed out`)
          sandbox.die('Sandbox.Timedout', `Task timed out after ${lambda.seconds} seconds`)
        })
        this.#atWork.set(sandbox, lambda)
        const over = () => {
          this.#atWork.delete(sandbox)
          end.run = undefined
          this.#running.set(lambda.name, this.#running.get(lambda.name)! - 1)
        }
        sandbox.begin(invocation, (error, cause) => {
          over()
          world.hit('path: environment died')
          reject(new StateError(error, cause))
        })
        const context = { getRemainingTimeInMillis: () => deadline - scheduler.now }
        const ended = (settle: () => void) => {
          if (sandbox.dead) return
          over()
          sandbox.freeze()
          const idle = this.#idle.get(lambda.name) ?? []
          idle.push(sandbox)
          this.#idle.set(lambda.name, idle)
          scheduler.after(dice.between(1, 20), settle)
        }
        lambda.handler(travel(payload) as JsonObject, sandbox, context).then(
          (value) => ended(() => resolve(travel(value))),
          (error: Error) =>
            ended(() => reject(new StateError(error.name, JSON.stringify({ errorMessage: error.message })))),
        )
      })
    })
  }

  /** Whoever works in such a function dies, and what it has sent lands much later. */
  crash({ name }: Lambda): void {
    for (const [sandbox, lambda] of [...this.#atWork]) if (lambda.name === name) sandbox.dieWithWrites()
  }

  #create(name: string): Sandbox {
    const sandbox: Sandbox = new Sandbox(this.#world, name, (event) => this.#emit(event, sandbox))
    return sandbox
  }
}
