import type { Machine } from '../../infra/workflow/asl.ts'
import { chunkMachine } from '../../infra/workflow/chunk.ts'
import { MAX_ROUNDS } from '../../infra/workflow/history.ts'
import { runMachine } from '../../infra/workflow/run.ts'
import { type FunctionName, forEachDeployed } from '../../shared/config/functions-and-permissions.ts'
import type { Release } from './deployment.ts'
import { expectKnown } from './interpreter/fields.ts'
import type { Settings } from './settings.ts'

const arn = (kind: string, name: string) => `arn:aws:${kind}:us-east-1:000000000000:${name}`
/** Of the version of a function that a release has published. */
export const functionArn = (name: string, { codeHash }: Pick<Release, 'codeHash'>) =>
  arn('lambda', `function:${name}:${codeHash}`)
export const chunkMachineArn = arn('states', 'stateMachine:chunk')
export const runMachineArn = arn('states', 'stateMachine:run')

/**
 * The machines as a release deploys them: what the builders of `infra/workflow` make, as JSON.
 * @param seconds the time-out of each function.
 * @param rounds after so many a chunk continues in a fresh execution.
 */
export function machinesOf(
  release: Release,
  seconds: Record<FunctionName, number>,
  { rounds, search }: Pick<Settings, 'rounds' | 'search'>,
): Map<string, Machine> {
  const functions = forEachDeployed({ search }, (name) => ({ arn: functionArn(name, release), seconds: seconds[name] }))
  const chunk = { partition: 'aws', functions, childrenAtOnce: 0 }
  const run = { ...chunk, chunkMachineArn, bucket: 'manifests' }
  const machines = new Map<string, Machine>()
  for (const [name, machine] of [
    [chunkMachineArn, chunkMachine(chunk)],
    [runMachineArn, runMachine(run)],
  ] as const) {
    const isRounds = (key: string, value: unknown) => key === 'NumericGreaterThanEquals' && value === MAX_ROUNDS
    const text = JSON.stringify(machine, (key, value) => (isRounds(key, value) ? rounds : value))
    const deployed = JSON.parse(text) as Machine
    expectKnown(deployed)
    machines.set(name, deployed)
  }
  return machines
}
