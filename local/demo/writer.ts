import { DeleteItemCommand, DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { generate } from '../../examples/dawson/generate.ts'
import type { Attributes } from '../../shared/dynamodb/attributes.ts'
import { localClient } from '../environment.ts'
import type { Changes } from './writing.ts'

/**
 * An application that writes until it is told to stop, half of it under the hot key: 30 % deletes, 30 % new items, some of
 * them deleted before, 40 % changes of an item. Arguments: endpoint, table; seed, items and hot share of the table's
 * contents; changes a second. Prints the number of its changes as JSON.
 */
const [endpoint = '', table = '', seed = '1', items = '0', hotShare = '0.5', changesPerSecond = '100'] =
  process.argv.slice(2)
const client = new DynamoDBClient(localClient(endpoint))
const AT_ONCE = 5
const TICK_MS = (AT_ONCE * 1_000) / Number(changesPerSecond)

const all = [...generate({ seed: Number(seed), items: Number(items), hotShare: Number(hotShare) })]
const isHot = ({ pk }: Attributes) => JSON.stringify(pk) === '{"S":"section-outbox|docket"}'
const pools = { hot: all.filter(isHot), cold: all.filter((item) => !isHot(item)) }
const gone: Attributes[] = []
const done: Changes = { puts: 0, updates: 0, deletes: 0 }
let made = 0
let stopping = false
process.on('SIGTERM', () => {
  stopping = true
})

let state = Number(seed) >>> 0 || 1
/** Marsaglia's xorshift32: the same changes for the same seed. */
function chance(): number {
  state ^= state << 13
  state ^= state >>> 17
  state ^= state << 5
  return (state >>> 0) / 2 ** 32
}

/** Takes an item out of its pool; it comes back once its change has ended, so that no two change it at once. */
function take(pool: Attributes[]): Attributes {
  const index = Math.floor(chance() * pool.length)
  const item = pool[index]!
  pool[index] = pool.at(-1)!
  pool.pop()
  return item
}

async function change(): Promise<void> {
  const pool = chance() < 0.5 ? pools.hot : pools.cold
  const what = chance()
  const n = made++
  if (what < 0.3 && pool.length > 100) {
    const item = take(pool)
    await client.send(new DeleteItemCommand({ TableName: table, Key: keyOf(item) }))
    gone.push(item)
    done.deletes++
  } else if (what < 0.4 && gone.length > 0) {
    await put({ ...take(gone), again: { BOOL: true } })
  } else if (what < 0.6) {
    await put(another(pool[Math.floor(chance() * pool.length)]!, n))
  } else {
    await update(take(pool), n)
  }
}

/** A new item like this one. Cold ones get a partition of their own: no two items may claim one key of the destination. */
function another(item: Attributes, n: number): Attributes {
  const { S: pk } = item.pk as { S: string }
  const { S: sk } = item.sk as { S: string }
  if (isHot(item)) return { ...item, sk: { S: `${sk}~${n}` } }
  const fresh = `${pk}~${n}`
  return { ...item, pk: { S: fresh }, sk: { S: sk === pk ? fresh : sk } }
}

async function put(item: Attributes): Promise<void> {
  await client.send(new PutItemCommand({ TableName: table, Item: item }))
  back(item)
  done.puts++
}

async function update(item: Attributes, n: number): Promise<void> {
  const changed: Attributes = { touched: { N: String(n) } }
  // A message sorts by its time in the destination: another time is another key there.
  if ('createdAt' in item) changed.createdAt = { S: new Date(1_600_000_000_000 + n * 1000).toISOString() }
  await client.send(
    new UpdateItemCommand({
      TableName: table,
      Key: keyOf(item),
      UpdateExpression: `SET ${Object.keys(changed).map((name) => `${name} = :${name}`)}`,
      ExpressionAttributeValues: Object.fromEntries(
        Object.entries(changed).map(([name, value]) => [`:${name}`, value]),
      ),
    }),
  )
  back({ ...item, ...changed })
  done.updates++
}

function keyOf(item: Attributes): Attributes {
  return { pk: item.pk!, sk: item.sk! }
}

function back(item: Attributes): void {
  ;(isHot(item) ? pools.hot : pools.cold).push(item)
}

while (!stopping) {
  const began = Date.now()
  await Promise.all(Array.from({ length: AT_ONCE }, change))
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, TICK_MS - (Date.now() - began))))
}
console.log(JSON.stringify(done))
