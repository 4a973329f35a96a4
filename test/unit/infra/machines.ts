import type { Machine, State, States } from '../../../infra/workflow/asl.ts'
import { chunkMachine } from '../../../infra/workflow/chunk.ts'
import { runMachine } from '../../../infra/workflow/run.ts'
import { forEachFunction } from '../../../shared/config/functions-and-permissions.ts'

export const resources = {
  partition: 'aws',
  childrenAtOnce: 0,
  functions: forEachFunction((name) => ({
    arn: `arn:aws:lambda:us-east-1:000000000000:function:${name}:1`,
    seconds: name === 'slice' ? 900 : 60,
  })),
  chunkMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:chunk',
  bucket: 'manifests',
  concurrency: 40,
}

export const machines: Record<'run' | 'chunk', Machine> = { run: runMachine(resources), chunk: chunkMachine(resources) }

/** Every level of a machine: its own states, and those inside each Map. */
export function levels(states: States): States[] {
  const inner = Object.values(states.States).flatMap((state) => (state.Type === 'Map' ? [state.ItemProcessor] : []))
  return [states, ...inner.flatMap(levels)]
}

export function everyState(machine: Machine): [name: string, state: State][] {
  return levels(machine).flatMap(({ States }) => Object.entries(States))
}

/** Where a state can go next. */
export function successors(state: State): string[] {
  const caught = 'Catch' in state ? (state.Catch ?? []).map(({ Next }) => Next) : []
  if (state.Type === 'Choice') return [...state.Choices.map(({ Next }) => Next), state.Default]
  return 'Next' in state ? [state.Next, ...caught] : caught
}
