import type { ChoiceRule, ChoiceState, State, States } from '../../../infra/workflow/asl.ts'
import type { World } from '../world.ts'
import { StateError, UnknownToInterpreter } from './errors.ts'
import type { Thread } from './execution.ts'
import type { Json, JsonObject } from './json.ts'
import { runMap } from './map.ts'
import { type Scope, valueAt, withResult } from './paths.ts'
import { caught, withRetry } from './retry.ts'
import type { StepFunctions } from './step-functions.ts'
import { fill } from './template.ts'

/** Interprets the states of one machine, or of one Map's items, from `StartAt` to their end. */
export class Interpreter {
  readonly world: World
  readonly services: StepFunctions

  constructor(world: World, services: StepFunctions) {
    this.world = world
    this.services = services
  }

  /** @param from where a redriven execution begins, instead of at the start. */
  async run(states: States, input: Json, thread: Thread, from = { name: states.StartAt, data: input }): Promise<Json> {
    let name: string | undefined = from.name
    let { data } = from
    while (name !== undefined) {
      if (!thread.isItem) thread.execution.at = { name, data }
      thread.execution.record(2)
      const state: State = states.States[name]!
      this.world.hit(`state: ${plain(name)}`)
      await thread.wait(this.world.dice.between(5, 30))
      const { next, output } = await this.#step(name, state, data, thread)
      name = next
      data = output
    }
    return data
  }

  uuid = () => `uuid-${Math.floor(this.world.dice.next() * 2 ** 32).toString(16)}`

  fill(template: Json | undefined, scope: Scope): Json {
    return template === undefined ? scope.input : fill(template, scope, this.uuid)
  }

  async #step(
    name: string,
    state: State,
    input: Json,
    thread: Thread,
  ): Promise<{ next: string | undefined; output: Json }> {
    const scope: Scope = { input, context: thread.execution.context() }
    switch (state.Type) {
      case 'Succeed':
        return { next: undefined, output: input }
      case 'Fail':
        throw new StateError(String(valueAt(state.ErrorPath, scope)), String(valueAt(state.CausePath, scope)))
      case 'Choice':
        return { next: choose(state, scope), output: input }
      case 'Wait':
        await thread.wait(Number(valueAt(state.SecondsPath, scope)) * 1_000)
        return { next: nextOf(state), output: input }
      case 'Pass':
        return { next: nextOf(state), output: withResult(input, state.ResultPath, this.fill(state.Parameters, scope)) }
      case 'Task':
      case 'Map':
        try {
          const result = await withRetry(this.world, thread, state, (RetryCount) => {
            const inState: Scope = { input, context: { ...scope.context, State: { Name: name, RetryCount } } }
            if (state.Type === 'Map') return runMap(this, name, state, inState, thread)
            thread.execution.record(3)
            return this.services.task(state, this.fill(state.Parameters, inState) as JsonObject, thread)
          })
          thread.check()
          this.services.onAnswer(name, result, input)
          return { next: nextOf(state), output: withResult(input, state.ResultPath, result) }
        } catch (error) {
          thread.check()
          return caught(state, error, input)
        }
    }
  }
}

/** The name of a state without the label of the Map it is embedded in. */
export function plain(name: string): string {
  return name.replace(/^\w+: /, '')
}

function nextOf(flow: { Next: string } | { End: true }): string | undefined {
  return 'Next' in flow ? flow.Next : undefined
}

function choose({ Choices, Default }: ChoiceState, scope: Scope): string {
  return Choices.find((rule) => holds(rule, valueAt(rule.Variable, scope)))?.Next ?? Default
}

function holds(rule: ChoiceRule, value: Json): boolean {
  if ('StringEquals' in rule) return value === rule.StringEquals
  if ('BooleanEquals' in rule) return value === rule.BooleanEquals
  if ('NumericGreaterThanEquals' in rule) return typeof value === 'number' && value >= rule.NumericGreaterThanEquals
  throw new UnknownToInterpreter(`the choice rule ${JSON.stringify(rule)}`)
}
