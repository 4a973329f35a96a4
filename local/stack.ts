import { existsSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDbError } from '../shared/dynamodb/errors.ts'
import { describeTable } from '../shared/dynamodb/sdk/describe.ts'
import { localOptions } from './app-options.ts'
import { deploy, type StackOutputs } from './deploy.ts'
import { isHealthy, startEmulator } from './emulator/start.ts'
import { LOCAL_REGION, localClient } from './environment.ts'
import { LocalError } from './errors.ts'
import { withLock } from './lock.ts'
import { STATE_DIRECTORY } from './paths.ts'
import { isAlive, run, stopGroup } from './processes.ts'
import { type LocalProcess, type LocalStack, LocalState } from './state.ts'

const LOCK = path.join(STATE_DIRECTORY, 'up.lock')

export interface UpOptions {
  /** The folder with the CDK app's cdk.json. */
  app: string
  sliceSeconds: number
  log: (line: string) => void
  state?: LocalState
}

export interface Status {
  readonly stack: LocalStack | undefined
  readonly emulator: LocalProcess | undefined
  /** Whether the endpoint responds. */
  readonly healthy: boolean
}

/** Start the local AWS, or use the one AWS_ENDPOINT_URL names, and deploy a CDK app onto it. Repeatable. */
export async function up({ app, sliceSeconds, log, state = new LocalState() }: UpOptions): Promise<LocalStack> {
  if (!existsSync(path.join(app, 'cdk.json')))
    throw new LocalError('no-app', `Expected a CDK app in ${app}, found no cdk.json there. Name its folder: --app DIR.`)
  const appDirectory = realpathSync(app)
  return withLock(LOCK, async () => {
    const endpoint = process.env.AWS_ENDPOINT_URL ?? (await ownEmulator(state, log))
    if (!(await isHealthy(endpoint))) {
      throw new LocalError(
        'not-running',
        `${endpoint} (AWS_ENDPOINT_URL) does not respond. Start it, or unset the variable.`,
      )
    }
    log(`Deploying ${appDirectory} to ${endpoint}; 15 s or so.`)
    const segue = JSON.stringify(await localOptions(appDirectory, sliceSeconds))
    const [name, outputs] = onlySegue(await deploy({ endpoint, appDirectory, context: { segue } }), appDirectory)
    const stack = stackOf({ stack: name, app: appDirectory, endpoint }, outputs)
    await expectTables(stack)
    await state.writeStack(stack)
    return stack
  })
}

async function ownEmulator(state: LocalState, log: (line: string) => void): Promise<string> {
  const running = await state.readProcess()
  if (running && isAlive(running.pid) && (await isHealthy(running.endpoint))) return running.endpoint
  if (running) await down(state)
  const { pid, endpoint, logFile } = await startEmulator({ outlive: true, log })
  await state.writeProcess({ pid, endpoint, logFile })
  return endpoint
}

/** The app's one stack with the construct in it; others may stand beside it. */
function onlySegue(deployed: StackOutputs, app: string): [string, Record<string, string>] {
  const [found, ...more] = Object.entries(deployed).filter(([, outputs]) => outputs.RunStateMachineArn)
  if (!found)
    throw new LocalError(
      'no-segue',
      `None of the stacks of ${app} has the outputs of the Segue construct: ${Object.keys(deployed).join(', ') || 'no outputs at all'}. Put \`new Segue(…)\` into one of them.`,
    )
  if (more.length > 0)
    throw new LocalError(
      'no-segue',
      `Several stacks of ${app} hold Segue: ${[found, ...more].map(([name]) => name).join(', ')}. Locally it takes an app with one.`,
    )
  return found
}

/** An app may name tables that exist only in its real account. */
async function expectTables({ app, endpoint, sourceTable, destinationTable }: LocalStack): Promise<void> {
  const client = new DynamoDBClient(localClient(endpoint))
  for (const table of [sourceTable, destinationTable])
    try {
      await describeTable(client, table)
    } catch (error) {
      if (!DynamoDbError.is(error) || error.code !== 'table-not-found') throw error
      throw new LocalError(
        'no-table',
        `${app} names the table ${table} and does not make it, so it is not at ${endpoint}. Make it in the app where that is deployed locally, as examples/dawson/app.ts does, or create it there with \`aws dynamodb create-table\` and run \`up\` again.`,
      )
    }
}

/** A deployed stack as the CLI finds it, from its outputs. */
export function stackOf(
  where: Pick<LocalStack, 'stack' | 'app' | 'endpoint'>,
  outputs: Record<string, string>,
): LocalStack {
  const output = (name: string) => {
    const value = outputs[name]
    if (value) return value
    throw new LocalError(
      'deploy-failed',
      `The deployed stack has no output ${name}; it has ${Object.keys(outputs).join(', ') || 'none'}.`,
    )
  }
  return {
    ...where,
    region: LOCAL_REGION,
    sourceTable: output('SourceTable'),
    destinationTable: output('DestinationTable'),
    ledgerTable: output('LedgerTable'),
    ...(outputs.SwitchTable && { switchTable: outputs.SwitchTable }),
    stateMachineArn: output('RunStateMachineArn'),
    ...(outputs.CaptureMapping && { captureMapping: outputs.CaptureMapping }),
    ...(outputs.SourceStream && { sourceStream: outputs.SourceStream }),
    ...(outputs.PreflightFunction && { preflightFunction: outputs.PreflightFunction }),
    ...(outputs.AuditTable && { auditTable: outputs.AuditTable }),
    ...(outputs.SegueVersion && { version: outputs.SegueVersion }),
    ...(outputs.Options && { options: JSON.parse(outputs.Options) }),
  }
}

/** Stops the emulator that `up` started; everything in it is lost. False if there was none. */
export async function down(state = new LocalState()): Promise<boolean> {
  const running = await state.readProcess()
  await state.clear()
  if (!running || !(await isOurs(running.pid))) return false
  await stopGroup(running.pid, 300)
  return true
}

/** The pid in the file may belong to another process by now. */
async function isOurs(pid: number): Promise<boolean> {
  return isAlive(pid) && (await run('ps', ['-ww', '-o', 'command=', '-p', String(pid)])).output.includes('serve.py')
}

export async function status(state = new LocalState()): Promise<Status> {
  const [stack, emulator] = [await state.readStack(), await state.readProcess()]
  const endpoint = stack?.endpoint ?? emulator?.endpoint
  return { stack, emulator, healthy: endpoint !== undefined && (await isHealthy(endpoint)) }
}

/** The local stack. @throws LocalError `not-running` where none is deployed, or its endpoint does not respond. */
export async function runningStack(state = new LocalState()): Promise<LocalStack> {
  const { stack, healthy } = await status(state)
  if (stack && healthy) return stack
  throw new LocalError('not-running', 'No local stack responds. Start one: npm run local -- up')
}
