import { InvokeCommand, paginateListFunctions } from '@aws-sdk/client-lambda'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Emulator, startEmulator } from '../../local/index.ts'
import type { ChunkRecord } from '../../shared/ledger/chunks.ts'
import type { Stepped } from '../../shared/passes/slice/outcome.ts'
import { Court, finished, pause } from './court.ts'

let aws: Emulator
let court: Court
let functionName: string
const ITEMS = 60_000

beforeAll(async () => {
  aws = await startEmulator()
  court = await Court.deploy(aws, 'Repeated', { options: { concurrency: 6, segments: 4 } })
  await court.fill(ITEMS, 0.9)
  functionName = await sliceFunction()
})
afterAll(() => aws?.stop())

it('fences a slice that was started twice, answers a repeated split with the same children, and copies each item once', async () => {
  const execution = await court.start()
  const isRunning = ({ deadline, state }: ChunkRecord) => deadline !== undefined && state === 'open'
  let fenced = false
  // A slice may end before its duplicate begins; then the next one that runs is started twice.
  for (let tries = 0; tries < 20 && !fenced; tries++) {
    const { chunks } = await court.until((now) => now.chunks.some(isRunning))
    const running = chunks.find(isRunning)!
    expect((await invokeSlice(running.id))?.outcome).not.toBe('stopped')
    const after = (await court.remembered())!.chunks.find(({ id }) => id === running.id)!
    fenced = after.epoch > running.epoch
  }
  expect(fenced).toBe(true)

  const { chunks: now } = await court.until((then) => then.coverage.splits > 0)
  const parent = now.find(({ state }) => state === 'split')!
  const [first, second] = [await answerOf(parent.id), await answerOf(parent.id)]
  expect(first).toMatchObject({ outcome: 'split' })
  expect(first.outcome === 'split' && first.children.map(({ chunk }) => chunk)).toEqual(parent.children)
  expect(second).toEqual(first)

  expect(await court.ended(execution)).toMatchObject({ status: 'SUCCEEDED' })
  expect(await court.result()).toEqual(finished(ITEMS))
})

/** Absent when the invocation found no free place, or had to exit before its limit: that proves nothing either way. */
async function invokeSlice(chunk: string): Promise<Stepped | undefined> {
  const { run, lease } = (await court.remembered())!
  const task = { run: run.id, fence: lease.fence, pass: 'copy', chunk, slice: { round: 0 } }
  try {
    const { Payload, FunctionError } = await court.lambda.send(
      new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(task) }),
    )
    return FunctionError ? undefined : (JSON.parse(Buffer.from(Payload!).toString()) as Stepped)
  } catch (error) {
    if ((error as Error).name === 'TooManyRequestsException') return undefined
    throw error
  }
}

async function answerOf(chunk: string): Promise<Stepped> {
  for (;;) {
    const answer = await invokeSlice(chunk)
    if (answer) return answer
    await pause(200)
  }
}

async function sliceFunction(): Promise<string> {
  for await (const { Functions = [] } of paginateListFunctions({ client: court.lambda }, {}))
    for (const { FunctionName = '' } of Functions) if (/slicefunction/i.test(FunctionName)) return FunctionName
  throw new Error('Expected the stack to have a slice function, got none.')
}
