import path from 'node:path'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SFNClient } from '@aws-sdk/client-sfn'
import { deploy } from '../deploy.ts'
import { type Emulator, startEmulator } from '../emulator/start.ts'
import { localClient } from '../environment.ts'
import { ROOT } from '../paths.ts'

/**
 * Slices of 6 s show in a minute what 15 minutes show in a night. Ten at work are more than two processors can feed, each
 * is slow, and the hot key's ranges do not fit into one slice either: they split again.
 */
export const OPTIONS = { sliceSeconds: 6, concurrency: 10 } as const

const NAME = 'SegueDemo'

/** The court's stack, deployed onto an emulator of its own; nothing on this machine is shared with it. */
export interface Stack {
  readonly name: string
  readonly endpoint: string
  readonly source: string
  readonly destination: string
  readonly ledger: string
  readonly runMachine: string
  readonly chunkMachine: string
  readonly dynamodb: DynamoDBClient
  readonly stepFunctions: SFNClient
  /** Ends the emulator, and with it everything that was deployed. */
  stop(): Promise<void>
}

/** @throws LocalError when the emulator does not start or the deployment fails. */
export async function startStack(log: (line: string) => void): Promise<Stack> {
  const emulator = await startEmulator({ log })
  try {
    return await deployTo(emulator)
  } catch (error) {
    await emulator.stop()
    throw error
  }
}

async function deployTo({ endpoint, stop }: Emulator): Promise<Stack> {
  const { [NAME]: outputs = {} } = await deploy({
    endpoint,
    appDirectory: path.join(ROOT, 'examples', 'dawson'),
    context: { stack: NAME, segue: JSON.stringify(OPTIONS) },
  })
  const output = (name: string) => {
    const value = outputs[name]
    if (value === undefined) throw new Error(`Expected the stack ${NAME} to have the output ${name}, got none.`)
    return value
  }
  return {
    name: NAME,
    endpoint,
    source: output('SourceTable'),
    destination: output('DestinationTable'),
    ledger: output('LedgerTable'),
    runMachine: output('RunStateMachineArn'),
    chunkMachine: output('ChunkStateMachineArn'),
    dynamodb: new DynamoDBClient(localClient(endpoint)),
    stepFunctions: new SFNClient(localClient(endpoint)),
    stop,
  }
}
