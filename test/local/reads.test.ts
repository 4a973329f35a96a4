import { Buffer } from 'node:buffer'
import {
  type AttributeValue,
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteItemCommand,
  DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  ScanCommand,
  type ScanCommandInput,
} from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DynamoDbLocal, type Emulator, localClient, startDynamoDbLocal, startEmulator } from '../../local/index.ts'

type Item = Record<string, AttributeValue>
type KeyType = 'S' | 'N' | 'B'

/** Sort keys in the order of the real service: UTF-8 bytes, numbers by value, unsigned bytes. */
const SORT_KEYS: Record<KeyType, AttributeValue[]> = {
  S: ['!', '10', '2', 'A', 'a', 'aa', 'é', '\uffff', '😀', '😀a', '\u{10ffff}'].map((S) => ({ S })),
  N: ['-1E+30', '-10', '-2', '-0.5', '0', '1E-10', '0.25', '2', '10', '100.5', '1E+30'].map((N) => ({ N })),
  B: [[0], [0, 0], [1], [9, 255], [10], [127], [128], [128, 1], [250], [255], [255, 255]].map((b) => ({
    B: new Uint8Array(b),
  })),
}
const tableOf = (type: KeyType) => `table-${type}`
const PARTITIONS = [...Array.from({ length: 40 }, (_, i) => `p${i}`), 'hot', '😀']
const items = (type: KeyType): Item[] =>
  PARTITIONS.flatMap((pk, i) =>
    SORT_KEYS[type].map((sk, j) => ({ pk: { S: pk }, sk, n: { N: String(i * 100 + j) }, even: { BOOL: j % 2 === 0 } })),
  )

let emulator: Emulator
let reference: DynamoDbLocal
let db: DynamoDBClient
let real: DynamoDBClient
beforeAll(async () => {
  ;[emulator, reference] = await Promise.all([startEmulator(), startDynamoDbLocal()])
  db = new DynamoDBClient(localClient(emulator.endpoint))
  real = new DynamoDBClient(localClient(reference.endpoint))
  for (const client of [db, real]) {
    for (const type of ['S', 'N', 'B'] as const) {
      await createTable(client, tableOf(type), type)
      for (const batch of chunks(shuffled(items(type)), 25)) {
        await client.send(
          new BatchWriteItemCommand({
            RequestItems: { [tableOf(type)]: batch.map((Item) => ({ PutRequest: { Item } })) },
          }),
        )
      }
    }
  }
}, 300_000)
afterAll(() => Promise.all([emulator?.stop(), reference?.stop()]))

describe.each(['S', 'N', 'B'] as const)('a table with sort keys of type %s', (type) => {
  it('is scanned exactly once by its segments, each partition whole, in order, in one segment', async () => {
    const seen = new Map<string, { segment: number; keys: AttributeValue[] }>()
    for (let segment = 0; segment < 5; segment += 1) {
      let last = ''
      for (const item of await scanAll({ TableName: tableOf(type), Segment: segment, TotalSegments: 5, Limit: 7 })) {
        const pk = item.pk!.S!
        if (pk !== last) expect(seen.has(pk)).toBe(false)
        last = pk
        if (!seen.has(pk)) seen.set(pk, { segment, keys: [] })
        seen.get(pk)!.keys.push(item.sk!)
      }
    }
    expect([...seen.keys()].sort()).toEqual([...PARTITIONS].sort())
    for (const { keys } of seen.values()) expect(plain(keys)).toEqual(plain(SORT_KEYS[type]))
  })

  it('may be scanned from a key that does not exist', async () => {
    const all = await scanAll({ TableName: tableOf(type) })
    const middle = all.findIndex((item) => item.pk!.S === 'hot')
    const sk = { S: { S: 'aZ' }, N: { N: '3' }, B: { B: new Uint8Array([127, 5]) } }[type]
    const rest = await scanAll({ TableName: tableOf(type), ExclusiveStartKey: { pk: { S: 'hot' }, sk } })
    const after = { S: 5, N: 8, B: 6 }[type]
    expect(plain(rest)).toEqual(plain(all.slice(middle + after)))
    // Past the greatest key there is, the rest of the segment follows.
    const max = { S: { S: '\u{10ffff}z' }, N: { N: '9E+125' }, B: { B: new Uint8Array(Array(20).fill(255)) } }[type]
    const beyond = await scanAll({ TableName: tableOf(type), ExclusiveStartKey: { pk: { S: 'hot' }, sk: max } })
    expect(plain(beyond)).toEqual(plain(all.slice(middle + SORT_KEYS[type].length)))
  })

  it('refuses a scan that starts in another segment', async () => {
    const answers = []
    for (let segment = 0; segment < 4; segment += 1) {
      const start = { pk: { S: 'hot' }, sk: SORT_KEYS[type][3]! }
      const request = {
        TableName: tableOf(type),
        Segment: segment,
        TotalSegments: 4,
        ExclusiveStartKey: start,
        Limit: 1,
      }
      answers.push(
        await db.send(new ScanCommand(request)).then(
          () => 'ok',
          (error: Error) => error.name,
        ),
      )
    }
    expect(answers.sort()).toEqual(['ValidationException', 'ValidationException', 'ValidationException', 'ok'])
  })

  it('answers every query as DynamoDB Local does', async () => {
    const keys = SORT_KEYS[type]
    const [low, mid, high] = [keys[2]!, keys[5]!, keys[8]!]
    const conditions: [string, Item][] = [
      ['pk = :p', {}],
      ['pk = :p AND sk <= :a', { ':a': high }],
      ['pk = :p and sk < :a', { ':a': high }],
      ['pk = :p AND sk > :a', { ':a': low }],
      ['pk = :p AND sk >= :a', { ':a': low }],
      ['pk = :p AND sk = :a', { ':a': mid }],
      ['pk = :p AND sk BETWEEN :a AND :b', { ':a': low, ':b': high }],
      ['pk = :p AND sk BETWEEN :a AND :b', { ':a': high, ':b': low }],
      ['pk = :q', {}],
    ]
    const starts = [undefined, keys[0]!, low, mid, high]
    for (const [KeyConditionExpression, values] of conditions) {
      for (const start of starts) {
        for (const ScanIndexForward of [true, false]) {
          for (const rest of [{}, { Limit: 3 }, { Limit: 3, Select: 'COUNT' as const }, FILTERED]) {
            const key = KeyConditionExpression.includes(':q') ? { ':q': { S: 'nobody' } } : { ':p': { S: 'hot' } }
            const filter = rest === FILTERED ? { ':yes': { BOOL: true } } : {}
            await sameAnswer({
              ...{ TableName: tableOf(type), KeyConditionExpression, ScanIndexForward, ...rest },
              ExpressionAttributeValues: { ...key, ...values, ...filter },
              ...(start && { ExclusiveStartKey: { pk: Object.values(key)[0]!, sk: start } }),
            })
          }
        }
      }
    }
  })

  it('stays in order under puts and deletes between pages', async () => {
    const TableName = `${type}-changing`
    await createTable(db, TableName, type)
    const keys = SORT_KEYS[type]
    const put = (pk: string, sk: AttributeValue) =>
      db.send(new PutItemCommand({ TableName, Item: { pk: { S: pk }, sk } }))
    const remove = (pk: string, sk: AttributeValue) =>
      db.send(new DeleteItemCommand({ TableName, Key: { pk: { S: pk }, sk } }))
    for (const sk of keys.filter((_, i) => i % 2 === 1)) await put('a', sk)
    const first = await scanAll({ TableName })
    expect(plain(first.map((item) => item.sk!))).toEqual(plain(keys.filter((_, i) => i % 2 === 1)))
    const page = await db.send(new ScanCommand({ TableName, Limit: 2 }))
    for (const sk of shuffled(keys)) await put('a', sk)
    await remove('a', keys[3]!) // the very key the scan stands on
    await remove('a', keys[7]!)
    const rest = await scanAll({ TableName, ExclusiveStartKey: page.LastEvaluatedKey! })
    expect(plain(rest.map((item) => item.sk!))).toEqual(plain(keys.filter((_, i) => i > 3 && i !== 7)))
    for (const sk of keys) await remove('a', sk)
    await put('b', keys[0]!)
    expect((await scanAll({ TableName })).map((item) => item.pk!.S)).toEqual(['b'])
  })
})

const FILTERED = {
  ...{ Limit: 4, FilterExpression: 'even = :yes', ProjectionExpression: '#n, sk' },
  ExpressionAttributeNames: { '#n': 'n' },
}

describe('a scan', () => {
  it('filters and projects each page after reading it', async () => {
    const request = { TableName: tableOf('S'), Limit: 10, ExpressionAttributeValues: { ':yes': { BOOL: true } } }
    const first = await db.send(
      new ScanCommand({ ...request, FilterExpression: 'even = :yes', ProjectionExpression: 'sk' }),
    )
    expect([first.ScannedCount, first.Count]).toEqual([10, 5])
    expect(Object.keys(first.Items![0]!)).toEqual(['sk'])
    const all = await scanAll({ ...request, FilterExpression: 'even = :yes' })
    expect(all).toHaveLength(PARTITIONS.length * 6)
  })

  it('ends a page at 1 MB', async () => {
    await createTable(db, 'wide', 'N')
    const text = 'é'.repeat(100_000)
    for (let n = 0; n < 12; n += 1) {
      await db.send(
        new PutItemCommand({ TableName: 'wide', Item: { pk: { S: 'a' }, sk: { N: String(n) }, text: { S: text } } }),
      )
    }
    const page = await db.send(new ScanCommand({ TableName: 'wide' }))
    expect(page.Count).toBe(5)
    expect((await scanAll({ TableName: 'wide' })).map((item) => item.sk!.N)).toEqual(
      Array.from({ length: 12 }, (_, n) => String(n)),
    )
  })
})

async function sameAnswer(request: QueryCommandInput) {
  const ask = (client: DynamoDBClient) =>
    client.send(new QueryCommand(request)).then(
      ({ Items, Count, ScannedCount, LastEvaluatedKey }) =>
        plain({ Items, Count, ScannedCount, LastEvaluatedKey }) as Record<string, unknown>,
      (error: Error): Record<string, unknown> => ({ error: error.name }),
    )
  const [found, expected] = await Promise.all([ask(db), ask(real)])
  // A page that its limit ended may well be the last one: the service does not look ahead, DynamoDB Local does.
  if (found.Count === request.Limit && !expected.LastEvaluatedKey) delete found.LastEvaluatedKey
  // For the same reason DynamoDB Local takes a start key at the far end of the range for a mistake.
  const bounds = Object.values(request.ExpressionAttributeValues ?? {}).map((value) => JSON.stringify(value))
  if (found.Count === 0 && expected.error && bounds.includes(JSON.stringify(request.ExclusiveStartKey?.sk))) return
  expect(found, JSON.stringify(plain(request))).toEqual(expected)
}

async function scanAll(request: ScanCommandInput): Promise<Item[]> {
  const all: Item[] = []
  for (let key = request.ExclusiveStartKey; ; ) {
    const page = await db.send(new ScanCommand({ ...request, ...(key && { ExclusiveStartKey: key }) }))
    all.push(...(page.Items ?? []))
    key = page.LastEvaluatedKey
    if (!key) return all
  }
}

function createTable(client: DynamoDBClient, TableName: string, type: KeyType) {
  return client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: type },
      ],
    }),
  )
}

/** Comparable: bytes as text, numbers by value (1E+30 and its 31 digits are one number). */
function plain(value: unknown): unknown {
  const text = JSON.stringify(value, (name, inner) => {
    if (inner instanceof Uint8Array) return Buffer.from(inner).toString('base64')
    return name === 'N' ? Number(inner) : inner
  })
  return text === undefined ? undefined : JSON.parse(text)
}

function chunks<T>(all: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size))
}

/** The same disorder every time. */
function shuffled<T>(all: T[]): T[] {
  return all
    .map((value, i) => [Math.imul(i + 1, 2654435761) >>> 0, value] as const)
    .sort((a, b) => a[0] - b[0])
    .map(([, value]) => value)
}
