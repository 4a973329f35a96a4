import path from 'node:path'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SFNClient } from '@aws-sdk/client-sfn'
import { deploy } from '../deploy.ts'
import { type Emulator, startEmulator } from '../emulator/start.ts'
import { localClient } from '../environment.ts'
import { LocalError } from '../errors.ts'
import { EXAMPLE } from '../paths.ts'
import { stackOf, status } from '../stack.ts'
import { type LocalStack, LocalState } from '../state.ts'

/**
 * Slices of 6 s show in a minute what slices of 15 minutes show in a night. Ten at once are more than two processors can
 * feed: each is slow, so ranges of the hot key are too big for one slice too, and split again.
 */
export const OPTIONS = { sliceSeconds: 6, concurrency: 10, streamSlackSeconds: 3 } as const

const NAME = 'SegueDemo'

/** The court's stack, deployed onto an emulator of its own; nothing on this machine is shared with it. */
export interface Stack {
  readonly name: string
  readonly endpoint: string
  /** The emulator's folder. */
  readonly directory: string
  readonly source: string
  readonly destination: string
  readonly ledger: string
  readonly chunkMachine: string
  readonly dynamodb: DynamoDBClient
  readonly stepFunctions: SFNClient
  /** Ends the emulator, and with it everything that was deployed. */
  stop(): Promise<void>
  /** Makes it the stack that `segue` and `npm run local` find. @returns what they find. */
  keep(): Promise<LocalStack>
}

/**
 * @param keep the emulator outlives this process, for `segue` and `npm run local -- down` to find.
 * @throws LocalError when the emulator does not start, the deployment fails, or another stack is kept already.
 */
export async function startStack({ keep }: { keep: boolean }, log: (line: string) => void): Promise<Stack> {
  if (keep && (await status()).healthy)
    throw new LocalError(
      'already-running',
      'A local stack runs already, and --keep would take its place. End it with `npm run local -- down`, or leave --keep out.',
    )
  const emulator = await startEmulator({ log, outlive: keep })
  try {
    return await deployTo(emulator)
  } catch (error) {
    await emulator.stop()
    throw error
  }
}

async function deployTo({ endpoint, stop, pid, logFile }: Emulator): Promise<Stack> {
  const { [NAME]: outputs = {} } = await deploy({
    endpoint,
    appDirectory: EXAMPLE,
    context: { stack: NAME, segue: JSON.stringify(OPTIONS) },
  })
  const local = stackOf({ stack: NAME, app: EXAMPLE, endpoint }, outputs)
  return {
    name: NAME,
    endpoint,
    directory: path.dirname(logFile),
    source: local.sourceTable,
    destination: local.destinationTable,
    ledger: local.ledgerTable,
    chunkMachine: outputs.ChunkStateMachineArn ?? '',
    dynamodb: new DynamoDBClient(localClient(endpoint)),
    stepFunctions: new SFNClient(localClient(endpoint)),
    stop,
    async keep() {
      const state = new LocalState()
      await state.writeProcess({ pid, endpoint, logFile })
      await state.writeStack(local)
      return local
    },
  }
}
