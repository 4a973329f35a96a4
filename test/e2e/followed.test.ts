import { setTimeout as sleep } from 'node:timers/promises'
import { DynamoDB, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Emulator, localClient, startEmulator } from '../../local/index.ts'
import { sdkLedgerTable } from '../../shared/ledger/sdk-table.ts'
import { readSwitch, sealSwitch, takeStep } from '../../shared/ledger/switch.ts'
import type { Switch } from '../../shared/ledger/switch-row.ts'
import { type FollowedSwitch, followSwitch, SwitchError } from '../../switch/index.ts'
import type { Court } from './court.ts'
import { createTable, deployPair } from './pair.ts'

const tables = ['followed-source', 'followed-destination'] as const
const [source, destination] = tables

let aws: Emulator
let dynamodb: DynamoDB
let court: Court

beforeAll(async () => {
  aws = await startEmulator()
  dynamodb = new DynamoDB(localClient(aws.endpoint))
  for (const table of tables) await createTable(dynamodb, table)
  court = await deployPair(aws, 'Followed', 'one', { sourceTable: source, destinationTable: destination })
})
afterAll(() => aws?.stop())

const follow = () => followSwitch({ client: dynamodb, switchTable: court.output('SwitchTable'), tables })

/** Writes items of its own, one after the other, until it is told to stop. */
async function application(name: string, followed: FollowedSwitch, until: AbortSignal) {
  const done: string[] = []
  let refused = 0
  for (let i = 0; !until.aborted; i++) {
    const key = { S: `${name}|${i}` }
    const put = ({ table: TableName, signal }: { table: string; signal: AbortSignal }) =>
      dynamodb.send(new PutItemCommand({ TableName, Item: { pk: key, sk: key } }), { abortSignal: signal })
    try {
      await followed.write(put)
      done.push(key.S)
    } catch (error) {
      if (!SwitchError.is(error) || error.code !== 'switch-closed') throw error
      refused++
      await sleep(100)
    }
  }
  return { done, refused }
}

async function keysOf(TableName: string): Promise<string[]> {
  const { Items = [] } = await dynamodb.send(new ScanCommand({ TableName, ConsistentRead: true }))
  return Items.map(({ pk }) => pk?.S as string)
}

describe('applications that follow the switch', () => {
  it('write nothing before it is made', async () => {
    await expect(follow().write(async () => {})).rejects.toMatchObject({ code: 'switch-not-found' })
    expect(await court.segue('switch', 'show')).toMatchObject({ code: 2 })
  })

  it('lose no write of theirs while a test switches the tables', async () => {
    const numbers = ['--max-age', '1', '--write-seconds', '1']
    expect(await court.segue('switch', 'create', '--yes', ...numbers)).toMatchObject({ code: 0 })
    const stop = new AbortController()
    const working = Array.from({ length: 4 }, (_, i) => application(`app ${i}`, follow(), stop.signal))
    await sleep(2_000)

    const switches = sdkLedgerTable(dynamodb, court.output('SwitchTable'))
    const step = async (read: Switch, given: Parameters<typeof takeStep>[2]) =>
      (await takeStep(switches, read, given)) as Switch
    const open = (await readSwitch(switches, tables)) as Switch
    const closed = await step(open, { step: 'close', at: Date.now(), task: 'cutover', run: 'by hand', by: 'the test' })
    const sealed = (await sealSwitch(switches, closed, Date.now)) as Switch
    const shown = await court.segue('switch', 'show')
    expect(shown.output).toMatch(/Closed by +the cutover of run by hand, the test/)
    await sleep((sealed.until as number) - Date.now() + 1)
    // What Segue's copy and its live changes do in a run.
    const { Items = [] } = await dynamodb.send(new ScanCommand({ TableName: source, ConsistentRead: true }))
    for (const Item of Items) await dynamodb.send(new PutItemCommand({ TableName: destination, Item }))
    await step(sealed, { step: 'commit', at: Date.now() })
    await sleep(3_000)
    stop.abort()

    const ended = await Promise.all(working)
    const written = new Set(await keysOf(destination))
    const before = new Set(await keysOf(source))
    for (const { done, refused } of ended) {
      expect(done.filter((key) => !written.has(key))).toEqual([])
      expect(refused).toBeGreaterThan(0)
      // Some before, some after.
      expect(done.some((key) => before.has(key))).toBe(true)
      expect(done.some((key) => !before.has(key))).toBe(true)
    }
    expect((await court.segue('switch', 'show')).output).toMatch(/Active +followed-destination/)
  })
})
