import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { LOCAL_ACCOUNT, LOCAL_REGION, localEnvironment } from './environment.ts'
import { LocalError } from './errors.ts'
import { withLock } from './lock.ts'
import { BIN_DIRECTORY, STATE_DIRECTORY } from './paths.ts'
import { run } from './processes.ts'

/** The outputs of each deployed stack: `outputs.MyStack.SourceTable`. */
export type StackOutputs = Record<string, Record<string, string>>

export interface DeployOptions {
  endpoint: string
  /** The folder with the CDK app's cdk.json. */
  appDirectory: string
  /** @default every stack of the app */
  stackName?: string
  /** CDK context values, as `-c key=value`. */
  context?: Record<string, string | number | boolean>
  /**
   * @default 600,000: a deployment takes seconds, or minutes on a busy machine, but the emulator waits forever for a custom
   * resource that died
   */
  timeoutMs?: number
  /** Gets the output of the CDK as it comes. */
  onOutput?: (text: string) => void
}

const WORK = path.join(STATE_DIRECTORY, 'cdk')

/** `cdk deploy` to a local endpoint, exactly as to AWS: same CLI, same template, same assets. */
export async function deploy(options: DeployOptions): Promise<StackOutputs> {
  await bootstrap(options)
  const folder = await temporaryFolder()
  try {
    const outputs = path.join(folder, 'outputs.json')
    await cdk(options, folder, [
      ...['deploy', options.stackName ?? '--all', '--require-approval', 'never'],
      ...['--outputs-file', outputs, ...contextArguments(options)],
    ])
    return JSON.parse(await readFile(outputs, 'utf8')) as StackOutputs
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Synthesis goes to a folder of its own, so that two deployments of one app do not write into one `cdk.out`. */
async function temporaryFolder(): Promise<string> {
  await mkdir(WORK, { recursive: true })
  return mkdtemp(path.join(WORK, 'deploy-'))
}

/** The CDK's own bucket and roles, made once per endpoint; one process at a time, as two would collide. */
async function bootstrap(options: DeployOptions): Promise<void> {
  await withLock(path.join(WORK, 'bootstrap.lock'), async () => {
    const bucket = `${options.endpoint}/cdk-hnb659fds-assets-${LOCAL_ACCOUNT}-${LOCAL_REGION}`
    const answer = await fetch(bucket, { method: 'HEAD' })
    if (answer.ok) return
    const folder = await temporaryFolder()
    try {
      // Outside the app's folder: with a cdk.json in sight, `bootstrap` synthesizes the whole app first.
      await cdk({ ...options, appDirectory: folder }, folder, ['bootstrap', `aws://${LOCAL_ACCOUNT}/${LOCAL_REGION}`])
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
}

function contextArguments({ context = {} }: DeployOptions): string[] {
  return Object.entries(context).flatMap(([key, value]) => ['--context', `${key}=${value}`])
}

async function cdk(options: DeployOptions, folder: string, args: readonly string[]): Promise<void> {
  const { timeoutMs = 600_000, onOutput } = options
  const { code, output } = await run(
    path.join(BIN_DIRECTORY, 'cdk'),
    [...args, '--output', path.join(folder, 'cdk.out')],
    {
      cwd: options.appDirectory,
      timeoutMs,
      ...(onOutput && { onOutput }),
      env: {
        ...process.env,
        ...localEnvironment(options.endpoint),
        PATH: [BIN_DIRECTORY, process.env.PATH].join(path.delimiter),
        CDK_DEFAULT_ACCOUNT: LOCAL_ACCOUNT,
        CDK_DEFAULT_REGION: LOCAL_REGION,
        CDK_DISABLE_VERSION_CHECK: '1',
        // Neither progress bars nor the CDK's own news and telemetry.
        CI: '1',
        CDK_NOTICES: 'false',
        CDK_DISABLE_CLI_TELEMETRY: 'true',
        NODE_NO_WARNINGS: '1',
      },
    },
  )
  if (code === 0) return
  const why = code === -1 ? `did not end within ${timeoutMs / 1000} s` : `failed with exit code ${code}`
  throw new LocalError(
    'deploy-failed',
    `\`cdk ${args.slice(0, 2).join(' ')}\` in ${options.appDirectory} ${why}. The end of its output:\n${output.slice(-4000)}`,
  )
}
