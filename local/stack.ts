import path from 'node:path'
import { deploy } from './deploy.ts'
import { isHealthy, startEmulator } from './emulator/start.ts'
import { LOCAL_REGION } from './environment.ts'
import { LocalError } from './errors.ts'
import { withLock } from './lock.ts'
import { ROOT, STATE_DIRECTORY } from './paths.ts'
import { isAlive, run, stopGroup } from './processes.ts'
import {
  clearState,
  type LocalProcess,
  type LocalStack,
  readProcess,
  readStack,
  writeProcess,
  writeStack,
} from './state.ts'

const EXAMPLE = path.join(ROOT, 'examples', 'dawson')
const LOCK = path.join(STATE_DIRECTORY, 'up.lock')

export interface Status {
  readonly stack: LocalStack | undefined
  readonly emulator: LocalProcess | undefined
  /** Whether the endpoint answers. */
  readonly healthy: boolean
}

/** Start the local AWS, or use the one AWS_ENDPOINT_URL names, and deploy the example onto it. Repeatable. */
export async function up(log: (line: string) => void): Promise<LocalStack> {
  return withLock(LOCK, async () => {
    const endpoint = process.env.AWS_ENDPOINT_URL ?? (await ownEmulator(log))
    if (!(await isHealthy(endpoint))) {
      throw new LocalError(
        'not-running',
        `Nothing answers at ${endpoint} (AWS_ENDPOINT_URL). Start it, or unset the variable.`,
      )
    }
    log(`Deploying examples/dawson to ${endpoint}; 15 s or so.`)
    const outputs = Object.values(await deploy({ endpoint, appDirectory: EXAMPLE }))
    const stack = stackOf(endpoint, outputs.find((output) => output.RunStateMachineArn) ?? {})
    await writeStack(stack)
    return stack
  })
}

async function ownEmulator(log: (line: string) => void): Promise<string> {
  const running = await readProcess()
  if (running && isAlive(running.pid) && (await isHealthy(running.endpoint))) return running.endpoint
  if (running) await down()
  const { pid, endpoint, logFile } = await startEmulator({ outlive: true, log })
  await writeProcess({ pid, endpoint, logFile })
  return endpoint
}

function stackOf(endpoint: string, outputs: Record<string, string>): LocalStack {
  const output = (name: string) => {
    const value = outputs[name]
    if (value) return value
    throw new LocalError(
      'deploy-failed',
      `The deployed stack has no output ${name}; it has ${Object.keys(outputs).join(', ') || 'none'}.`,
    )
  }
  return {
    endpoint,
    region: LOCAL_REGION,
    sourceTable: output('SourceTable'),
    destinationTable: output('DestinationTable'),
    ledgerTable: output('LedgerTable'),
    stateMachineArn: output('RunStateMachineArn'),
    ...(outputs.CaptureMapping && { captureMapping: outputs.CaptureMapping }),
    ...(outputs.SourceStream && { sourceStream: outputs.SourceStream }),
    ...(outputs.Options && { options: JSON.parse(outputs.Options) }),
  }
}

/** Stop the emulator that `up` started, with all that was in it. False where there was none. */
export async function down(): Promise<boolean> {
  const running = await readProcess()
  await clearState()
  if (!running || !(await isOurs(running.pid))) return false
  await stopGroup(running.pid, 300)
  return true
}

/** The pid in the file may long belong to somebody else. */
async function isOurs(pid: number): Promise<boolean> {
  return isAlive(pid) && (await run('ps', ['-o', 'command=', '-p', String(pid)])).output.includes('serve.py')
}

export async function status(): Promise<Status> {
  const [stack, emulator] = [await readStack(), await readProcess()]
  const endpoint = stack?.endpoint ?? emulator?.endpoint
  return { stack, emulator, healthy: endpoint !== undefined && (await isHealthy(endpoint)) }
}
