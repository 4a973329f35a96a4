import type { Command } from 'commander'
import { DynamoDbError } from '../../shared/dynamodb/errors.ts'
import { readLease } from '../../shared/ledger/lease.ts'
import { followRun } from '../follow.ts'
import type { World } from '../world.ts'
import { act, type Cli } from './command.ts'

export function addWatch(program: Command, cli: Cli): void {
  program
    .command('watch')
    .description('follow the run under way, or say how the last one ended; stopping this does not stop the run')
    .option('--json', 'one JSON object a line', false)
    .option('--keys', 'show partition keys that were split; they are item data', false)
    .action(
      act<{ json: boolean; keys: boolean }>(cli, async (world, options) => {
        const execution = (await owner(world)) ?? (await world.executions.running())
        return followRun(world, cli.terminal, { ...options, ...(execution && { follow: { execution } }) })
      }),
    )
}

/**
 * The execution that holds the lease, unless it has ended: a newer one is not the run, but about to be refused. Nothing
 * where the ledger does not answer either, which watching outlasts.
 */
async function owner({ ledger, executions, deployment }: World): Promise<string | undefined> {
  try {
    const lease = await readLease(ledger, deployment.destinationTable)
    if (!lease?.held || (await executions.describe(lease.execution)).status === 'ended') return undefined
    return lease.execution
  } catch (error) {
    if (error instanceof DynamoDbError && error.retryable) return undefined
    throw error
  }
}
