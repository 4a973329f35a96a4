import { spawn } from 'node:child_process'
import path from 'node:path'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand, StopExecutionCommand } from '@aws-sdk/client-sfn'
import { generate } from '../../examples/dawson/generate.ts'
import { compare } from '../../local/demo/compare.ts'
import { deploy, type Emulator, localClient, localEnvironment } from '../../local/index.ts'
import { load } from '../../local/load.ts'
import { ROOT } from '../../local/paths.ts'
import { encodeKey } from '../../shared/dynamodb/key.ts'
import { coverageOf } from '../../shared/facts/coverage.ts'
import { openSums } from '../../shared/facts/sums.ts'
import { listChunks } from '../../shared/ledger/chunks.ts'
import { readLease } from '../../shared/ledger/lease.ts'
import { listQuarantine } from '../../shared/ledger/quarantine.ts'
import { getRun } from '../../shared/ledger/runs.ts'
import { sdkLedgerTable } from '../../shared/ledger/sdk-table.ts'

export interface Ended {
  status: string
  error?: string
  cause?: string
}

/** One deployed stack of the example, with what the tests do to it. */
export class Court {
  readonly dynamodb: DynamoDBClient
  readonly stepFunctions: SFNClient
  readonly lambda: LambdaClient
  readonly name: string
  readonly endpoint: string
  readonly outputs: Record<string, string>

  private constructor(name: string, endpoint: string, outputs: Record<string, string>) {
    this.name = name
    this.endpoint = endpoint
    this.outputs = outputs
    this.dynamodb = new DynamoDBClient(localClient(endpoint))
    this.stepFunctions = new SFNClient(localClient(endpoint))
    this.lambda = new LambdaClient(localClient(endpoint))
  }

  /** Deploys a stack, or deploys it again. */
  static async deploy(
    { endpoint }: Pick<Emulator, 'endpoint'>,
    name: string,
    { app = path.join(ROOT, 'examples', 'dawson'), options = {}, context = {} }: CourtOptions = {},
  ): Promise<Court> {
    const segue = JSON.stringify({ sliceSeconds: 5, concurrency: 4, ...options })
    const outputs = await deploy({ endpoint, appDirectory: app, context: { stack: name, segue, ...context } })
    return new Court(name, endpoint, outputs[name] ?? {})
  }

  output(name: string): string {
    const value = this.outputs[name]
    if (value === undefined) throw new Error(`The stack ${this.name} has no output ${name}.`)
    return value
  }

  get ledger() {
    return sdkLedgerTable(this.dynamodb, this.output('LedgerTable'))
  }

  fill(items: number, hotShare = 0.5): Promise<number> {
    return load(this.dynamodb, this.output('SourceTable'), generate({ seed: 7, items, hotShare }))
  }

  async start(input: object = { offline: true }): Promise<string> {
    const command = new StartExecutionCommand({
      stateMachineArn: this.output('RunStateMachineArn'),
      input: JSON.stringify({ offline: true, ...input }),
    })
    return (await this.stepFunctions.send(command)).executionArn as string
  }

  async stop(executionArn: string): Promise<void> {
    await this.stepFunctions.send(new StopExecutionCommand({ executionArn }))
  }

  async ended(executionArn: string): Promise<Ended> {
    for (;;) {
      const {
        status = '',
        error,
        cause,
      } = await this.stepFunctions.send(new DescribeExecutionCommand({ executionArn }))
      if (status !== 'RUNNING') return { status, ...(error && { error }), ...(cause && { cause }) }
      await pause(100)
    }
  }

  async run(input: object = { offline: true }): Promise<Ended> {
    return this.ended(await this.start(input))
  }

  /** The real command in a process of its own; its exit code and what it printed. Runs begin offline, as in `start`. */
  segue(...args: string[]): Promise<{ code: number; output: string }> {
    const begins = args[0] === 'run' && !args.includes('--resume')
    const all = [...args, ...(begins ? ['--offline'] : []), '--stack', this.name]
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, ['--import', 'tsx', 'cli/main.ts', ...all], {
        cwd: ROOT,
        env: { ...process.env, ...localEnvironment(this.endpoint), NO_COLOR: '1' },
      })
      let output = ''
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (text) => {
          output += text
        })
      child.on('error', reject).on('close', (code) => resolve({ code: code ?? -1, output }))
    })
  }

  /** What the ledger remembers of the last run; absent before the first. */
  async remembered() {
    const lease = await readLease(this.ledger, this.output('DestinationTable'))
    if (!lease) return undefined
    const [run, chunks, quarantine] = await Promise.all([
      getRun(this.ledger, lease.run),
      listChunks(this.ledger, lease.run, 'copy'),
      listQuarantine(this.ledger, lease.run),
    ])
    const coverage = coverageOf(chunks, run.segments)
    return { lease, run, chunks, coverage, quarantined: quarantine.map(({ key }) => encodeKey(key)).sort() }
  }

  /** Waits for the ledger to say so; a run that ends before it does has missed what the test is about. */
  async until(done: (now: NonNullable<Awaited<ReturnType<Court['remembered']>>>) => boolean) {
    for (;;) {
      const now = await this.remembered().catch(() => undefined)
      if (now && done(now)) return now
      if (now && now.run.state !== 'running') throw new Error(`The run was ${now.run.state} before that came about.`)
      await pause(50)
    }
  }

  /** Everything that must hold of a finished run of `items` items, as one object to compare. */
  async result() {
    const now = await this.remembered()
    const comparison = await compare(this.dynamodb, this.output('SourceTable'), this.output('DestinationTable'))
    return {
      state: now?.run.state,
      read: now?.coverage.tallies.read,
      open: openSums('copy', now?.coverage.tallies ?? ({} as never)),
      equal: comparison.equal,
      poison: comparison.toQuarantine.sort().join() === now?.quarantined.join(),
    }
  }
}

export interface CourtOptions {
  /** Folder of the CDK app. */
  app?: string
  options?: object
  context?: Record<string, string>
}

export function finished(items: number) {
  return { state: 'finished', read: items, open: [], equal: true, poison: true }
}

/** Kills a process of which a moment ago we knew; false where it has ended by itself since. */
export function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
