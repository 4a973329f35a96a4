import { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import { describe, expect, test } from 'vitest'
import { findDeployment, listStacks, type Stack } from '../../../cli/deployment.ts'

const outputs = Object.fromEntries(
  [
    'SourceTable',
    'DestinationTable',
    'LedgerTable',
    'RunStateMachineArn',
    'ChunkStateMachineArn',
    'ManifestBucket',
  ].map((n) => [n, n]),
)
outputs.RunStateMachineArn = 'arn:aws:states:eu-west-1:000000000000:stateMachine:run'
const stack = (name: string): Stack => ({ name, outputs })
const none = async () => undefined

/** A region with these stacks, and the names it was asked for. */
function region(...all: Stack[]) {
  const asked: (string | undefined)[] = []
  async function* stacks(name: string | undefined) {
    asked.push(name)
    yield* name === undefined ? all : all.filter((each) => each.name === name)
  }
  return {
    asked,
    find: (name?: string, readLocal: () => Promise<string | undefined> = none) =>
      findDeployment(name, readLocal, stacks),
  }
}

describe('finding the deployment', () => {
  test('takes the only stack with the outputs of Segue', async () => {
    const { find } = region({ name: 'Other', outputs: { SourceTable: 'x' } }, stack('Night'))
    expect(await find()).toMatchObject({
      name: 'stack Night',
      flag: '',
      account: '000000000000',
      region: 'eu-west-1',
      sourceTable: 'SourceTable',
    })
  })

  test('lists the stacks when there are several', async () => {
    await expect(region(stack('A'), stack('B')).find()).rejects.toThrow(
      'Several Segue stacks here: A, B. Choose one with --stack NAME.',
    )
  })

  test('says what to do where there is none', async () => {
    await expect(region().find()).rejects.toThrow('Deploy one with `cdk deploy`')
  })

  test('asks for nothing but the stack that is named', async () => {
    const { asked, find } = region(stack('A'), stack('B'))
    expect(await find('B')).toMatchObject({ name: 'stack B', flag: ' --stack B' })
    expect(asked).toEqual(['B'])
  })

  test('says so when the stack that is named does not exist', async () => {
    await expect(region(stack('A')).find('B')).rejects.toThrow(
      'There is no stack B in this region and account. Check the name, AWS_REGION and AWS_PROFILE.',
    )
  })

  test('says so when the stack that is named is not one of Segue', async () => {
    const half = { name: 'Half', outputs: { ...outputs, LedgerTable: '', ManifestBucket: '' } }
    await expect(region(half).find('Half')).rejects.toThrow('Stack Half has no outputs LedgerTable, ManifestBucket')
  })

  test('knows the version that deployed it, by an output that only Segue has', async () => {
    const night = { name: 'Night', outputs: { ...outputs, SegueVersion: '1.2.3', Version: 'their own' } }
    expect(await region(night).find()).toMatchObject({ version: '1.2.3' })
  })

  test('knows the stream that the deployment reads where there is one', async () => {
    const night = { name: 'Night', outputs: { ...outputs, SourceStream: 'arn:stream' } }
    expect(await region(night).find()).toMatchObject({ sourceStream: 'arn:stream' })
    expect(await region(stack('Night')).find()).not.toHaveProperty('sourceStream')
  })

  test('knows the mapping of live changes where the stack puts it out', async () => {
    const night = { name: 'Night', outputs: { ...outputs, CaptureMapping: 'uuid' } }
    expect(await region(night).find()).toMatchObject({ captureMapping: 'uuid' })
    expect(await region(stack('Night')).find()).not.toHaveProperty('captureMapping')
  })
})

describe('the local stack', () => {
  const local = {
    endpoint: 'http://127.0.0.1:4566',
    region: 'us-east-1',
    sourceTable: 'alpha',
    destinationTable: 'beta',
    ledgerTable: 'ledger',
    stateMachineArn: 'arn',
    captureMapping: 'uuid',
  }

  test('of this folder is taken with dummy credentials, unless a stack is named', async () => {
    const read = async () => JSON.stringify(local)
    const found = await findDeployment(undefined, read)
    expect(found).toMatchObject({
      sourceTable: 'alpha',
      captureMapping: 'uuid',
      client: { endpoint: 'http://127.0.0.1:4566', credentials: { accessKeyId: 'test' } },
    })
    const stacks = async function* () {
      yield stack('Night')
    }
    expect(await findDeployment('Night', read, stacks)).toMatchObject({ name: 'stack Night', client: {} })
  })

  test('is what --stack names where it has that name', async () => {
    const read = async () => JSON.stringify({ ...local, stack: 'Night' })
    const { asked, find } = region(stack('Night'), stack('Other'))
    const byName = await find('Night', read)
    expect(byName).toEqual(await find(undefined, read))
    expect(byName).toMatchObject({ name: 'the local stack', client: { endpoint: 'http://127.0.0.1:4566' } })
    expect(asked).toEqual([])
    expect(await find('Other', read)).toMatchObject({ name: 'stack Other', client: {} })
  })

  test('has a file that must be what was written', async () => {
    const read = async () => JSON.stringify({ ...local, ledgerTable: undefined })
    await expect(findDeployment(undefined, read)).rejects.toThrow('`ledgerTable`')
    await expect(findDeployment(undefined, async () => '{')).rejects.toThrow('is not valid')
  })
})

describe('asking CloudFormation', () => {
  async function all(stacks: AsyncIterable<Stack>): Promise<Stack[]> {
    const found = []
    for await (const each of stacks) found.push(each)
    return found
  }

  /** A client that answers as told, and what it was asked. */
  function cloudFormation(answer: () => Promise<object>) {
    const asked: object[] = []
    const client = new CloudFormationClient({ region: 'us-east-1' })
    client.send = (async ({ input }: { input: object }) => {
      asked.push(input)
      return answer()
    }) as typeof client.send
    return { asked, client }
  }
  const failing = (name: string) => () => Promise.reject(Object.assign(new Error('no'), { name }))

  test('describes the named stack alone, so that it needs no leave to list the others', async () => {
    const { asked, client } = cloudFormation(async () => ({
      Stacks: [{ StackName: 'Night', Outputs: [{ OutputKey: 'SourceTable', OutputValue: 'alpha' }] }],
    }))
    expect(await all(listStacks(client, 'Night'))).toEqual([{ name: 'Night', outputs: { SourceTable: 'alpha' } }])
    expect(asked).toMatchObject([{ StackName: 'Night' }])
  })

  test('finds nothing where the named stack does not exist', async () => {
    const { client } = cloudFormation(failing('ValidationError'))
    expect(await all(listStacks(client, 'Night'))).toEqual([])
  })

  test('passes every other error on', async () => {
    const denied = cloudFormation(failing('AccessDenied')).client
    await expect(all(listStacks(denied, 'Night'))).rejects.toThrow('no')
    const invalid = cloudFormation(failing('ValidationError')).client
    await expect(all(listStacks(invalid, undefined))).rejects.toThrow('no')
  })
})
