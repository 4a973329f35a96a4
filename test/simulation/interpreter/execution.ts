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
  /** Settles when this attempt of the execution ends, however it does. */
  ended!: Promise<void>
  /** 1, and one more for each time it was redriven. */
  attempt = 0
  redrivenAt: number | undefined
  /** When this attempt began. */
  begunAt!: number
  /** The state it has come to, and that state's input: a redriven execution begins there. */
  at: { name: string; data: Json } | undefined
  /** Items of the Map it is in that were started, by index: where it is redriven, only those that have not succeeded run again. */
  items = new Map<number, Execution | 'succeeded'>()
  /** The state in which it was redriven, until that has begun. */
  #resuming: string | undefined
  #events = 0
  #end!: () => void
  readonly #world: World

  constructor(world: World, arn: string, machineArn: string, input: Json) {
    this.#world = world
    this.arn = arn
    this.machineArn = machineArn
    this.input = input
    this.begin()
  }

  /** Begins, or is redriven: under the same ARN, with the history it has, and retries that count from the start. */
  begin(): void {
    this.attempt++
    if (this.attempt > 1) this.redrivenAt = this.#world.now
    this.#resuming = this.at?.name
    this.begunAt = this.#world.now
    this.status = 'RUNNING'
    this.error = undefined
    this.endedAt = undefined
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
    this.record(1)
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

  /** A Map begins, for the first time or once more, unless it is the one that a redriven execution continues. */
  beginsMap(name: string): void {
    if (this.#resuming !== name) this.items = new Map()
    this.#resuming = undefined
  }

  get isFull(): boolean {
    return this.#events >= HISTORY - 1
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
  /** A thread ends with the attempt it belongs to, also where that is redriven before the thread next looks. */
  readonly #attempt: number

  constructor(world: World, execution: Execution, parent?: Thread) {
    this.#world = world
    this.execution = execution
    this.#parent = parent
    this.#attempt = execution.attempt
  }

  /** Whether it is an item's of an inline Map. */
  get isItem(): boolean {
    return this.#parent !== undefined
  }

  cancel(): void {
    this.#cancelled = true
  }

  get isOver(): boolean {
    const { status, attempt } = this.execution
    return this.#cancelled || status !== 'RUNNING' || attempt !== this.#attempt || (this.#parent?.isOver ?? false)
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
