import type { World } from '../world.ts'
import { StateError, Stopped } from './errors.ts'
import type { Json, JsonObject } from './json.ts'

export type Status = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED'

/** A Standard execution ends with an error that nothing can catch at this many events. Source: Step Functions quotas. */
const HISTORY = 25_000

export class Execution {
  readonly arn: string
  readonly machineArn: string
  readonly input: Json
  status: Status = 'RUNNING'
  output: Json = null
  error: StateError | undefined
  endedAt: number | undefined
  /** Nested executions that this one waits for, and those of its Distributed Maps. */
  readonly children = new Set<Execution>()
  /** Settles when the execution ends, however it does. */
  readonly ended: Promise<void>
  #events = 1
  #end!: () => void
  readonly #world: World

  constructor(world: World, arn: string, machineArn: string, input: Json) {
    this.#world = world
    this.arn = arn
    this.machineArn = machineArn
    this.input = input
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  /** The context object, without what belongs to one state. */
  context(): JsonObject {
    return { Execution: { Id: this.arn, Input: this.input }, StateMachine: { Id: this.machineArn } }
  }

  finish(status: Exclude<Status, 'RUNNING'>): void {
    if (this.status !== 'RUNNING') return
    this.status = status
    this.endedAt = this.#world.now
    this.#end()
  }

  /** Adds events to the history. */
  record(events: number): void {
    this.#events += events
    if (this.#events > HISTORY) throw new StateError('States.Runtime', 'The history has grown beyond 25,000 events')
  }
}

/** One thread of an execution: its own, or that of one item of an inline Map, which ends when the Map does. */
export class Thread {
  readonly execution: Execution
  readonly #world: World
  #cancelled = false
  readonly #parent: Thread | undefined

  constructor(world: World, execution: Execution, parent?: Thread) {
    this.#world = world
    this.execution = execution
    this.#parent = parent
  }

  cancel(): void {
    this.#cancelled = true
  }

  get isOver(): boolean {
    return this.#cancelled || this.execution.status !== 'RUNNING' || (this.#parent?.isOver ?? false)
  }

  /**
   * Lets time pass.
   * @throws Stopped when the thread is over by then.
   */
  async wait(milliseconds: number): Promise<void> {
    await this.#world.scheduler.sleep(milliseconds)
    this.check()
  }

  check(): void {
    if (this.isOver) throw new Stopped()
  }
}
