import { readFile, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
  waitUntilStackCreateComplete,
} from '@aws-sdk/client-cloudformation'
import { CreateBucketCommand, GetObjectCommand } from '@aws-sdk/client-s3'
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListMapRunsCommand,
  RedriveExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { localClient } from '../../local/index.ts'
import { waitFor } from '../../local/processes.ts'
import { type Account, invoke, openAccount, PATIENT } from './account.ts'

let aws: Account
beforeAll(async () => {
  aws = await openAccount()
}, 120_000)
afterAll(() => aws?.emulator.stop())

const distributed = (states: object, rest: object = {}) => ({
  Type: 'Map',
  ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' }, ...states },
  End: true,
  ...rest,
})
const machine = (state: object) => ({ StartAt: 'A', States: { A: state } })

describe('a Lambda process that ends in mid-invocation', () => {
  it.each(['process.kill(process.pid, "SIGKILL"); await new Promise(() => {})', 'process.exit(3)'])(
    'fails the task at once, by name: %s',
    async (body) => {
      // A task that failed only at the function's timeout would outlast this test.
      const arn = await aws.createMachine(machine(invoke(await aws.createFunction(body, { timeout: 900 }))))
      expect(await aws.end(await aws.start(arn))).toMatchObject({ status: 'FAILED', error: 'Runtime.ExitError' })
    },
  )
})

describe('an error thrown by a handler', () => {
  it('keeps its name, and the environment lives on', async () => {
    const body = `globalThis.calls = (globalThis.calls ?? 0) + 1
      if (globalThis.calls === 1) { const e = new Error('no'); e.name = 'Odd'; throw e }
      return globalThis.calls`
    const retry = { Retry: [{ ErrorEquals: ['Odd'], IntervalSeconds: 0, MaxAttempts: 1 }], End: true }
    const arn = await aws.createMachine(machine(invoke(await aws.createFunction(body), retry)))
    expect(await aws.end(await aws.start(arn))).toMatchObject({ status: 'SUCCEEDED', output: '2' })
  })
})

describe('reserved concurrency', () => {
  it('is a hard cap, and a retrier of Lambda.TooManyRequestsException gets everyone through', async () => {
    const body = `await new Promise((r) => setTimeout(r, 100)); globalThis.n = (globalThis.n ?? 0) + 1
      return { pid: process.pid, n: globalThis.n }`
    const retrier = {
      ...{ ErrorEquals: ['Lambda.TooManyRequestsException'], IntervalSeconds: 0.05, BackoffRate: 1.5 },
      ...{ MaxAttempts: 99_999_999, MaxDelaySeconds: 0.3, JitterStrategy: 'FULL' },
    }
    const states = machine(invoke(await aws.createFunction(body, { reserved: 2 }), { Retry: [retrier], End: true }))
    const arn = await aws.createMachine(machine(distributed(states)))
    const end = await aws.end(await aws.start(arn, [...Array(10).keys()]))
    expect(end.status).toBe('SUCCEEDED')
    const answers = JSON.parse(end.output!) as { pid: number; n: number }[]
    const perProcess = Map.groupBy(answers, (answer) => answer.pid)
    expect(perProcess.size).toBeLessThanOrEqual(2)
    // Throttled attempts never reached a process: each ran exactly as often as it answered.
    for (const [, own] of perProcess)
      expect(own.map((a) => a.n).sort((a, b) => a - b)).toEqual(own.map((_, i) => i + 1))
  })

  it('fails the task with that name where nobody retries', async () => {
    const arn = await aws.createMachine(machine(invoke(await aws.createFunction('return 1', { reserved: 0 }))))
    const end = await aws.end(await aws.start(arn))
    expect(end).toMatchObject({ status: 'FAILED', error: 'Lambda.TooManyRequestsException' })
  })
})

it('reserved concurrency set by a stack holds for the published versions, too', async () => {
  const cloudFormation = new CloudFormationClient(localClient(aws.emulator.endpoint))
  const code = `exports.handler = async ({ release }) => {
    while (!require('node:fs').existsSync(release)) await new Promise((done) => setTimeout(done, 20)) }`
  const role = 'arn:aws:iam::000000000000:role/test'
  const properties = { Runtime: 'nodejs24.x', Handler: 'index.handler', Role: role, Timeout: 600 }
  const template = {
    Resources: {
      F: {
        Type: 'AWS::Lambda::Function',
        Properties: { ...properties, Code: { ZipFile: code }, ReservedConcurrentExecutions: 1 },
      },
      V: { Type: 'AWS::Lambda::Version', Properties: { FunctionName: { Ref: 'F' } } },
    },
    Outputs: { Version: { Value: { Ref: 'V' } } },
  }
  await cloudFormation.send(new CreateStackCommand({ StackName: 'capped', TemplateBody: JSON.stringify(template) }))
  await waitUntilStackCreateComplete({ client: cloudFormation, maxWaitTime: 120, minDelay: 1 }, { StackName: 'capped' })
  const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName: 'capped' }))
  const version = Stacks![0]!.Outputs![0]!.OutputValue!
  const arn = await aws.createMachine(machine(invoke(version)))
  const release = aws.file()
  const [first, second] = [await aws.start(arn, { release }), await aws.start(arn, { release })]
  // The one that got the place keeps it until the other has been turned away.
  await waitFor(async () => (await statusesOf([first, second])).includes('FAILED'), PATIENT)
  await writeFile(release, '')
  const ends = [await aws.end(first), await aws.end(second)]
  expect(ends.map((end) => end.error).sort()).toEqual(['Lambda.TooManyRequestsException', undefined])
})

it('A Distributed Map takes its concurrency by path, too', async () => {
  const notes = aws.file()
  const started = async () => ((await readFile(notes, 'utf8').catch(() => '')).match(/\d/g) ?? []).length
  const [release, slow] = [
    aws.file(),
    await aws.createFunction(
      `require('node:fs').appendFileSync(${JSON.stringify(notes)}, String(event.n)); return event`,
    ),
  ]
  const waiting = {
    StartAt: 'A',
    States: { A: invoke(slow, { Next: 'B' }), B: { Type: 'Wait', Seconds: 600, End: true } },
  }
  const more = { ItemsPath: '$.items', MaxConcurrencyPath: '$.lease.concurrency' }
  const arn = await aws.createMachine(machine(distributed(waiting, more)))
  const items = [1, 2, 3, 4, 5].map((n) => ({ n }))
  const executionArn = await aws.start(arn, { items, lease: { concurrency: 2 }, release })
  expect(await waitFor(async () => (await started()) >= 2, PATIENT)).toBe(true)
  await new Promise((resolve) => setTimeout(resolve, 2_000))
  expect(await started()).toBe(2)
  await aws.sfn.send(new StopExecutionCommand({ executionArn }))
})

describe('StopExecution', () => {
  it('stops the items of a running Distributed Map, and starts no more of them', async () => {
    const notes = aws.file()
    const started = async () => [...new Set((await readFile(notes, 'utf8').catch(() => '')).match(/\d/g))].sort()
    const table = await aws.createFunction(
      `require('node:fs').appendFileSync(${JSON.stringify(notes)}, String(event)); return event`,
    )
    const loop = {
      StartAt: 'A',
      States: { A: invoke(table, { Next: 'B' }), B: { Type: 'Wait', Seconds: 0.1, Next: 'A' } },
    }
    const arn = await aws.createMachine(machine(distributed(loop, { MaxConcurrency: 3 })))
    const executionArn = await aws.start(arn, [1, 2, 3, 4, 5, 6])
    const { mapRunArn } = await anyMapRun(executionArn)
    expect(await waitFor(async () => (await started()).length === 3, PATIENT)).toBe(true)
    await aws.sfn.send(new StopExecutionCommand({ executionArn }))
    expect((await aws.end(executionArn)).status).toBe('ABORTED')
    // The emulator lists the items that were waiting, too, once their turn has come.
    const all = Array(6).fill('ABORTED').join()
    expect(await waitFor(async () => (await statuses(mapRunArn))?.join() === all, PATIENT)).toBe(true)
    expect(await started()).toEqual(['1', '2', '3'])
    const { mapRuns } = await aws.sfn.send(new ListMapRunsCommand({ executionArn }))
    expect(mapRuns?.[0]?.stopDate).toBeDefined()
  })

  it('stops nested startExecution.sync:2, however deep', async () => {
    const leaf = await aws.createMachine(machine({ Type: 'Wait', Seconds: 600, End: true }))
    const nest = (child: string) =>
      machine({
        Type: 'Task',
        Resource: 'arn:aws:states:::states:startExecution.sync:2',
        Parameters: { StateMachineArn: child, 'Name.$': '$$.Execution.Name' },
        End: true,
      })
    const middle = await aws.createMachine(nest(leaf))
    const top = await aws.start(await aws.createMachine(nest(middle)), {}, 'deep')
    const nested = [middle, leaf].map((arn) => `${arn.replace(':stateMachine:', ':execution:')}:deep`)
    const are = (status: string) => async () => (await statusesOf([top, ...nested])).every((found) => found === status)
    expect(await waitFor(are('RUNNING'), PATIENT)).toBe(true)
    await aws.sfn.send(new StopExecutionCommand({ executionArn: top }))
    expect(await waitFor(are('ABORTED'), PATIENT)).toBe(true)
  })
})

describe('a Distributed Map', () => {
  it('tolerates failures up to the constant, and writes what became of every item to S3', async () => {
    await aws.s3.send(new CreateBucketCommand({ Bucket: 'results' }))
    const odd = await aws.createFunction('if (event % 2) throw new RangeError("odd"); return event * 10')
    const writer = { Resource: 'arn:aws:states:::s3:putObject', Parameters: { Bucket: 'results', Prefix: 'copy' } }
    const rest = { ToleratedFailureCount: 100_000_000, ResultWriter: writer, ResultPath: '$.map', ItemsPath: '$.items' }
    const end = await aws.end(
      await aws.start(await aws.createMachine(machine(distributed(machine(invoke(odd)), rest))), {
        items: [1, 2, 3, 4],
      }),
    )
    expect(end.status).toBe('SUCCEEDED')
    const output = JSON.parse(end.output!)
    expect(output.items).toEqual([1, 2, 3, 4])
    const manifest = await readJson(output.map.ResultWriterDetails.Key)
    const succeeded = await readJson(manifest.ResultFiles.SUCCEEDED[0].Key)
    const failed = await readJson(manifest.ResultFiles.FAILED[0].Key)
    // Items run side by side, and are written in the order in which they end.
    expect(succeeded.map((row: { Output: string }) => row.Output).sort()).toEqual(['20', '40'])
    expect(failed.map((row: { Input: string; Error: string }) => [row.Input, row.Error]).sort()).toEqual([
      ['1', 'RangeError'],
      ['3', 'RangeError'],
    ])
  })

  it('fails past the constant', async () => {
    const states = machine({ Type: 'Fail', Error: 'No' })
    const arn = await aws.createMachine(machine(distributed(states, { ToleratedFailureCount: 1 })))
    const end = await aws.end(await aws.start(arn, [1, 2]))
    expect(end).toMatchObject({ status: 'FAILED', error: 'States.ExceedToleratedFailureThreshold' })
  })

  it('keeps a history of each item, from started to its end', async () => {
    const arn = await aws.start(await aws.createMachine(machine(distributed(machine({ Type: 'Pass', End: true })))), [
      'x',
    ])
    await aws.end(arn)
    const { mapRunArn } = await anyMapRun(arn)
    const { executions } = await aws.sfn.send(new ListExecutionsCommand({ mapRunArn }))
    const { events } = await aws.sfn.send(
      new GetExecutionHistoryCommand({ executionArn: executions![0]!.executionArn }),
    )
    expect(events?.map((event) => event.type)).toEqual(['ExecutionStarted', 'ExecutionSucceeded'])
  })
})

describe('RedriveExecution', () => {
  const redrive = (executionArn: string) => aws.sfn.send(new RedriveExecutionCommand({ executionArn }))

  it('begins the state again that failed, with its input and under the same ARN', async () => {
    const sign = aws.file()
    const gate = `if (!require('node:fs').existsSync(${JSON.stringify(sign)})) throw new Error('not yet'); return event`
    const States = {
      A: { Type: 'Pass', Result: 'from A', ResultPath: '$.a', Next: 'B' },
      B: invoke(await aws.createFunction(gate)),
    }
    const executionArn = await aws.start(await aws.createMachine({ StartAt: 'A', States }), { n: 1 })
    expect(await aws.end(executionArn)).toMatchObject({ status: 'FAILED', error: 'Error' })
    await writeFile(sign, '')
    await redrive(executionArn)
    const { status, output } = await aws.end(executionArn)
    expect({ status, output: JSON.parse(output!) }).toEqual({ status: 'SUCCEEDED', output: { n: 1, a: 'from A' } })
    const { events } = await aws.sfn.send(new GetExecutionHistoryCommand({ executionArn }))
    const entered = events?.flatMap((event) => event.stateEnteredEventDetails?.name ?? [])
    expect(entered).toEqual(['A', 'B', 'Redriven', 'B'])
  })

  it('does not bring back what was under way when the execution was stopped', async () => {
    const notes = aws.file()
    const note = (sign: string) => `require('node:fs').appendFileSync(${JSON.stringify(notes)}, '${sign}')`
    const body = `${note('+')}; await new Promise((done) => setTimeout(done, 200)); ${note('-')}; return event`
    const executionArn = await aws.start(
      await aws.createMachine(machine(invoke(await aws.createFunction(body), { Next: 'A' }))),
    )
    const noted = async () => await readFile(notes, 'utf8').catch(() => '')
    expect(await waitFor(async () => (await noted()).length > 2, PATIENT)).toBe(true)
    await aws.sfn.send(new StopExecutionCommand({ executionArn }))
    await redrive(executionArn)
    expect(await waitFor(async () => (await noted()).length > 20, PATIENT)).toBe(true)
    await aws.sfn.send(new StopExecutionCommand({ executionArn }))
    // One at a time, once the call that was under way has ended.
    expect((await noted()).slice(8)).not.toContain('++')
  })

  it('refuses one that has succeeded', async () => {
    const executionArn = await aws.start(await aws.createMachine(machine({ Type: 'Pass', End: true })))
    await aws.end(executionArn)
    await expect(redrive(executionArn)).rejects.toMatchObject({ name: 'ExecutionNotRedrivable' })
  })
})

describe('StartExecution', () => {
  it('answers for a running execution of the same name and input, and refuses any other of that name', async () => {
    const arn = await aws.createMachine(machine({ Type: 'Wait', Seconds: 600, End: true }))
    const executionArn = await aws.start(arn, { a: 1 }, 'once')
    expect(await aws.start(arn, { a: 1 }, 'once')).toBe(executionArn)
    await expect(aws.start(arn, { a: 2 }, 'once')).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' })
    await aws.sfn.send(new StopExecutionCommand({ executionArn }))
    await expect(aws.start(arn, { a: 1 }, 'once')).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' })
  })
})

describe('a nested execution', () => {
  it('that fails is States.TaskFailed, with its own error in the cause', async () => {
    const child = await aws.createMachine(machine({ Type: 'Fail', Error: 'Own', Cause: 'why' }))
    const resource = 'arn:aws:states:::states:startExecution.sync:2'
    const task = { Type: 'Task', Resource: resource, Parameters: { StateMachineArn: child }, End: true }
    const end = await aws.end(await aws.start(await aws.createMachine(machine(task))))
    expect(end.error).toBe('States.TaskFailed')
    expect(JSON.parse(end.cause!)).toMatchObject({ Status: 'FAILED', Error: 'Own', Cause: 'why' })
  })
})

describe('a task that waits for a token', () => {
  it('fails where its function does, instead of waiting on', async () => {
    const broken = await aws.createFunction('throw new TypeError("x")')
    const task = {
      ...invoke(broken),
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Parameters: { FunctionName: broken, Payload: { 'token.$': '$$.Task.Token' } },
    }
    const end = await aws.end(await aws.start(await aws.createMachine(machine(task))))
    expect(end).toMatchObject({ status: 'FAILED', error: 'TypeError' })
  })
})

it('$$.State.RetryCount counts the attempts of this visit', async () => {
  const flaky = await aws.createFunction('if (event.retry < 2) throw new Error("again"); return event.retry')
  const task = {
    ...invoke(flaky),
    Parameters: { FunctionName: flaky, Payload: { 'retry.$': '$$.State.RetryCount' } },
    Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 0, MaxAttempts: 5 }],
  }
  expect((await aws.end(await aws.start(await aws.createMachine(machine(task))))).output).toBe('2')
})

/** The status of each execution; absent for one that has not started. */
function statusesOf(executionArns: string[]) {
  const missing = (error: Error) => {
    if (error.name !== 'ExecutionDoesNotExist') throw error
    return { status: undefined }
  }
  const statusOf = async (executionArn: string) =>
    (await aws.sfn.send(new DescribeExecutionCommand({ executionArn })).catch(missing)).status
  return Promise.all(executionArns.map(statusOf))
}

async function anyMapRun(executionArn: string) {
  for (;;) {
    const { mapRuns } = await aws.sfn.send(new ListMapRunsCommand({ executionArn }))
    if (mapRuns?.[0]) return { mapRunArn: mapRuns[0].mapRunArn! }
    await sleep(20)
  }
}

async function statuses(mapRunArn: string) {
  const { executions } = await aws.sfn.send(new ListExecutionsCommand({ mapRunArn }))
  return executions?.map((execution) => execution.status)
}

async function readJson(key: string) {
  const object = await aws.s3.send(new GetObjectCommand({ Bucket: 'results', Key: key }))
  return JSON.parse(await object.Body!.transformToString())
}
