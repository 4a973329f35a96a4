import type { Machine, States, TaskState } from '../../../infra/workflow/asl.ts'
import type { Lambda, LambdaService } from '../lambda/service.ts'
import { violation } from '../violation.ts'
import type { World } from '../world.ts'
import { StateError, Stopped, UnknownToInterpreter } from './errors.ts'
import { Execution, Thread } from './execution.ts'
import { type Json, type JsonObject, travel } from './json.ts'
import { Interpreter } from './states.ts'

const START = ':states:::states:startExecution.sync:2'
const NAME = /^[0-9A-Za-z_-]{1,80}$/
/** An execution can be redriven this long after it ended. */
const REDRIVABLE_MS = 14 * 24 * 3_600_000
/** 256 KiB: more than this cannot travel between states. */
const PAYLOAD_BYTES = 262_144

/** Step Functions: machines, executions, and the two kinds of Task that ours use. */
export class StepFunctions {
  readonly executions = new Map<string, Execution>()
  /** Called with what a state was answered, once nothing can take that back: not with the answers to duplicates. */
  onAnswer: (state: string, answer: Json, input: Json) => void = () => {}
  readonly #world: World
  readonly #lambdas: LambdaService
  /** As they are deployed now. */
  machines: Map<string, Machine>
  readonly #functions: Map<string, Lambda>
  readonly #interpreter: Interpreter
  /** The definition that each execution began with. */
  readonly #states = new WeakMap<Execution, States>()
  /** What is in S3, by bucket and key. */
  readonly #objects = new Map<string, Json>()

  constructor(world: World, lambdas: LambdaService, machines: Map<string, Machine>, functions: Map<string, Lambda>) {
    this.#world = world
    this.#lambdas = lambdas
    this.machines = machines
    this.#functions = functions
    this.#interpreter = new Interpreter(world, this)
  }

  putObject(bucket: string, key: string, value: Json): void {
    this.#objects.set(`${bucket}/${key}`, travel(value))
  }

  manifest(bucket: string, key: string): Json[] {
    const items = this.#objects.get(`${bucket}/${key}`)
    if (!Array.isArray(items)) throw new StateError('States.ItemReaderFailed', `There is no list at ${bucket}/${key}`)
    return items
  }

  /** @throws StateError `ExecutionAlreadyExistsException` for a name that was used with another input, or has ended. */
  start(machineArn: string, name: string, input: Json): Execution {
    if (!NAME.test(name)) throw new StateError('StepFunctions.InvalidNameException', name)
    const machine = this.machines.get(machineArn)
    if (!machine) throw new StateError('StepFunctions.StateMachineDoesNotExistException', machineArn)
    const arn = `${machineArn.replace(':stateMachine:', ':execution:')}:${name}`
    const existing = this.executions.get(arn)
    if (existing?.status === 'RUNNING' && JSON.stringify(existing.input) === JSON.stringify(input)) return existing
    if (existing) throw new StateError('StepFunctions.ExecutionAlreadyExistsException', name)
    return this.#begin(new Execution(this.#world, arn, machineArn, input), machine)
  }

  /** A child execution of a Distributed Map: the one that a redriven parent has already, unless that never began. */
  item(parent: Execution, label: string, index: number, states: States, input: Json): Execution {
    const before = parent.items.get(index)
    if (before instanceof Execution) {
      if (before.status === 'FAILED' || before.status === 'ABORTED') this.redrive(before)
      return before
    }
    const arn = `${parent.arn}/${label}-${index}-${this.executions.size}`
    const child = new Execution(this.#world, arn, parent.machineArn, input)
    parent.items.set(index, child)
    parent.children.add(child)
    return this.#begin(child, states)
  }

  /**
   * Lets an execution that was stopped or has failed continue, under its ARN, in the state it had come to. Nothing for
   * another one, and after 14 days; returns whether it does. Source: "Restarting state machine executions with redrive", Step Functions guide.
   */
  redrive(execution: Execution): boolean {
    const { status, endedAt = 0, isFull } = execution
    if (isFull || (status !== 'ABORTED' && status !== 'FAILED') || this.#world.now - endedAt > REDRIVABLE_MS)
      return false
    execution.begin()
    this.#drive(execution, this.#states.get(execution)!)
    return true
  }

  /** Stops an execution, what it has nested, and, with luck, all of that. */
  stop(execution: Execution): void {
    if (execution.status !== 'RUNNING') return
    execution.finish('ABORTED')
    for (const child of execution.children) {
      if (child.status === 'RUNNING' && !this.#world.strikes('orphaned execution')) this.stop(child)
    }
  }

  async task(state: TaskState, parameters: JsonObject, thread: Thread): Promise<Json> {
    const work = state.Resource.endsWith(START)
      ? this.#nested(parameters, thread)
      : this.#lambda(state.Resource, parameters)
    const result = await (state.TimeoutSeconds ? this.#within(state.TimeoutSeconds, work) : work)
    if (JSON.stringify(result).length > PAYLOAD_BYTES) throw new StateError('States.DataLimitExceeded')
    return result
  }

  #lambda(arn: string, payload: JsonObject): Promise<Json> {
    const lambda = this.#functions.get(arn)
    if (!lambda) throw new UnknownToInterpreter(`the resource ${arn}`)
    return this.#lambdas.invoke(lambda, payload)
  }

  #within(seconds: number, work: Promise<Json>): Promise<Json> {
    return new Promise((resolve, reject) => {
      const timer = this.#world.scheduler.after(seconds * 1_000, () => {
        this.#world.hit('path: States.Timeout')
        reject(new StateError('States.Timeout'))
      })
      const settle = () => {
        timer.run = undefined
      }
      work
        .then(resolve, reject)
        .finally(settle)
        .catch(() => {})
    })
  }

  async #nested({ StateMachineArn, Name, Input, ...rest }: JsonObject, thread: Thread): Promise<Json> {
    const [unknown] = Object.keys(rest)
    if (unknown) throw new UnknownToInterpreter(`the parameter ${unknown} of startExecution`)
    const world = this.#world
    await thread.wait(world.dice.between(20, 200))
    const late = world.strikes('start unanswered')
    if (!late && world.strikes('start failed')) throw new StateError('StepFunctions.SdkClientException', 'Injected')
    const child = this.start(StateMachineArn as string, Name as string, Input!)
    if (late) throw new StateError('StepFunctions.SdkClientException', 'Injected: started, but the answer was lost')
    thread.execution.children.add(child)
    await child.ended
    await thread.wait(world.dice.between(50, 2_000))
    if (child.status === 'SUCCEEDED') return { Status: child.status, Output: child.output }
    throw new StateError('States.TaskFailed', `${child.arn} ${child.status}: ${child.error?.message}`)
  }

  #begin(execution: Execution, states: States): Execution {
    this.executions.set(execution.arn, execution)
    this.#states.set(execution, states)
    this.#drive(execution, states)
    return execution
  }

  #drive(execution: Execution, states: States): void {
    const thread = new Thread(this.#world, execution)
    this.#interpreter.run(states, execution.input, thread, execution.at).then(
      (output) => {
        if (thread.isOver) return
        execution.output = output
        execution.finish('SUCCEEDED')
      },
      (error: Error) => {
        if (error instanceof Stopped || (error instanceof StateError && thread.isOver)) return
        if (!(error instanceof StateError)) this.#world.violated(violation('defect', String(error.stack)))
        else execution.error = error
        execution.finish('FAILED')
      },
    )
  }
}
