import { spawn } from 'node:child_process'
import path from 'node:path'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { LambdaClient } from '@aws-sdk/client-lambda'
import {
  DescribeExecutionCommand,
  ListExecutionsCommand,
  ListMapRunsCommand,
  ListStateMachinesCommand,
  RedriveExecutionCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn'
import { generate } from '../../examples/dawson/generate.ts'
import { compare } from '../../local/demo/compare.ts'
import { deploy, type Emulator, localClient, localEnvironment } from '../../local/index.ts'
import { load } from '../../local/load.ts'
import { ROOT } from '../../local/paths.ts'
import { type Maximum, throttle } from '../../local/throttle.ts'
import { encodeKey } from '../../shared/dynamodb/key.ts'
import { coverageOf } from '../../shared/facts/coverage.ts'
import { openSums } from '../../shared/facts/sums.ts'
import { listChunks } from '../../shared/ledger/chunks.ts'
import { readLease } from '../../shared/ledger/lease.ts'
import { listQuarantine } from '../../shared/ledger/quarantine.ts'
import { getRun } from '../../shared/ledger/runs.ts'
import { sdkLedgerTable } from '../../shared/ledger/sdk-table.ts'
import { type Call, readCalls } from '../local/calls.ts'

export interface Ended {
  status: string
  error?: string
  cause?: string
}

/** LocalStack notes no calls. */
type Account = Pick<Emulator, 'endpoint'> & Partial<Pick<Emulator, 'callsFile'>>

/** One deployed stack of the example, with what the tests do to it. */
export class Court {
  readonly dynamodb: DynamoDBClient
  readonly stepFunctions: SFNClient
  readonly lambda: LambdaClient
  readonly name: string
  readonly endpoint: string
  readonly outputs: Record<string, string>
  readonly #aws: Account

  private constructor(name: string, aws: Account, outputs: Record<string, string>) {
    const { endpoint } = aws
    this.#aws = aws
    this.name = name
    this.endpoint = endpoint
    this.outputs = outputs
    this.dynamodb = new DynamoDBClient(localClient(endpoint))
    this.stepFunctions = new SFNClient(localClient(endpoint))
    this.lambda = new LambdaClient(localClient(endpoint))
  }

  /** Deploys a stack, or deploys it again. */
  static async deploy(
    aws: Account,
    name: string,
    { app = path.join(ROOT, 'examples', 'dawson'), options = {}, context = {} }: CourtOptions = {},
  ): Promise<Court> {
    const { endpoint } = aws
    const segue = JSON.stringify({ sliceSeconds: 5, concurrency: 4, ...options })
    const outputs = await deploy({ endpoint, appDirectory: app, context: { stack: name, segue, ...context } })
    return new Court(name, aws, outputs[name] ?? {})
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

  /** Gives the destination a maximum of units a second, or lifts it. */
  throttle(maximum: Maximum): Promise<void> {
    return throttle(this.dynamodb, this.output('DestinationTable'), maximum)
  }

  /** The writes to the destination that began while it had a maximum, as the emulator saw them, oldest first. */
  async writes(): Promise<Call[]> {
    const { callsFile } = this.#aws
    if (!callsFile) throw new Error('Expected an emulator that notes calls, got none.')
    return (await readCalls({ callsFile }, this.output('DestinationTable'))).filter(({ kind }) => kind === 'write')
  }

  /** The executions of this stack that run, nested ones too. */
  async running(): Promise<string[]> {
    const lists = (await this.#machines()).map(async (stateMachineArn) => {
      const command = new ListExecutionsCommand({ stateMachineArn, statusFilter: 'RUNNING' })
      return (await this.stepFunctions.send(command)).executions ?? []
    })
    return (await Promise.all(lists)).flat().map(({ executionArn }) => executionArn as string)
  }

  async start(input: object = { offline: true }): Promise<string> {
    const command = new StartExecutionCommand({
      stateMachineArn: this.output('RunStateMachineArn'),
      input: JSON.stringify({ offline: true, ...input }),
    })
    return (await this.stepFunctions.send(command)).executionArn as string
  }

  /** Starts an execution of the chunk machine by hand, with the input of an item of a Map. */
  async startChunk(input: string): Promise<string> {
    const stateMachineArn = (await this.#machines()).find((arn) => arn !== this.output('RunStateMachineArn'))
    const { executionArn } = await this.stepFunctions.send(new StartExecutionCommand({ stateMachineArn, input }))
    return executionArn as string
  }

  /** The inputs of the items of an execution's Map. */
  async mapInputs(executionArn: string): Promise<string[]> {
    const { mapRuns = [] } = await this.stepFunctions.send(new ListMapRunsCommand({ executionArn }))
    const { mapRunArn } = mapRuns[0] ?? {}
    const { executions = [] } = await this.stepFunctions.send(new ListExecutionsCommand({ mapRunArn }))
    const inputs = executions.map(async (item) => {
      const command = new DescribeExecutionCommand({ executionArn: item.executionArn })
      return (await this.stepFunctions.send(command)).input as string
    })
    return Promise.all(inputs)
  }

  async stop(executionArn: string): Promise<void> {
    await this.stepFunctions.send(new StopExecutionCommand({ executionArn }))
  }

  async redrive(executionArn: string): Promise<void> {
    await this.stepFunctions.send(new RedriveExecutionCommand({ executionArn }))
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

  /**
   * Waits until the lease is free, as the watchdog makes it once its owner has ended.
   * @returns when that was seen, ms since the epoch.
   */
  async freed(): Promise<number> {
    while ((await readLease(this.ledger, this.output('DestinationTable')))?.held) await pause(200)
    return Date.now()
  }

  /** Live changes are applied within a second or so of the last one; an independent scan of both tables says when all are. */
  async caughtUp(): Promise<void> {
    let last: unknown
    for (let polls = 0; polls < 60; polls++) {
      const comparison = await compare(this.dynamodb, this.output('SourceTable'), this.output('DestinationTable'))
      if (comparison.equal) return
      const { missing, different, unexpected } = comparison
      last = { missing, different, unexpected }
      await pause(1_000)
    }
    throw new Error(`Expected equal tables after a minute of silence, got ${JSON.stringify(last)}.`)
  }

  /** The state machines of this stack: `run` and `chunk`. */
  async #machines(): Promise<string[]> {
    const { stateMachines = [] } = await this.stepFunctions.send(new ListStateMachinesCommand({}))
    return stateMachines.filter(({ name }) => name?.startsWith(this.name)).map((each) => each.stateMachineArn as string)
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
