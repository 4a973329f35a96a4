import { DeleteItemCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { generate } from '../../examples/dawson/generate.ts'
import { localClient } from '../../local/index.ts'
import type { Attributes } from '../../shared/dynamodb/attributes.ts'

/**
 * An application that keeps writing: about 100 changes a second, 30 % deletes, 10 % re-creations, half of all under the hot
 * key, until it is told to stop. Arguments: endpoint, table, seed, items and hot share of what the table was filled with.
 * Prints how many changes it made.
 */
const [endpoint = '', table = '', seed = '1', items = '0', hotShare = '0.5'] = process.argv.slice(2)
const client = new DynamoDBClient(localClient(endpoint))
const TICK_MS = 50
const CHANGES_A_TICK = 5

const all = [...generate({ seed: Number(seed), items: Number(items), hotShare: Number(hotShare) })]
const isHot = ({ pk }: Attributes) => JSON.stringify(pk) === '{"S":"section-outbox|docket"}'
const pools = { hot: all.filter(isHot), cold: all.filter((item) => !isHot(item)) }
const gone: Attributes[] = []
let changes = 0
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

function pick(pool: Attributes[]): number {
  return Math.floor(chance() * pool.length)
}

async function change(): Promise<void> {
  const pool = chance() < 0.5 ? pools.hot : pools.cold
  const what = chance()
  if (what < 0.3 && pool.length > 100) {
    const [item] = pool.splice(pick(pool), 1) as [Attributes]
    gone.push(item)
    await client.send(new DeleteItemCommand({ TableName: table, Key: { pk: item.pk!, sk: item.sk! } }))
  } else if (what < 0.4 && gone.length > 0) {
    const [item] = gone.splice(pick(gone), 1) as [Attributes]
    await put({ ...item, again: { BOOL: true } })
  } else if (what < 0.6) {
    await put(another(pool[pick(pool)]!))
  } else {
    const index = pick(pool)
    const item = { ...pool.splice(index, 1)[0]!, touched: { N: String(changes) } } as Attributes
    // A message sorts by its time in the destination: another time is another key there.
    if ('createdAt' in item) item.createdAt = { S: new Date(1_600_000_000_000 + changes * 1000).toISOString() }
    await put(item)
  }
  changes++
}

/** A new item like this one. Cold ones get a partition of their own: no two items may claim one key of the destination. */
function another(item: Attributes): Attributes {
  const { S: pk } = item.pk as { S: string }
  const { S: sk } = item.sk as { S: string }
  if (isHot(item)) return { ...item, sk: { S: `${sk}~${changes}` } }
  const fresh = `${pk}~${changes}`
  return { ...item, pk: { S: fresh }, sk: { S: sk === pk ? fresh : sk } }
}

async function put(item: Attributes): Promise<void> {
  await client.send(new PutItemCommand({ TableName: table, Item: item }))
  ;(isHot(item) ? pools.hot : pools.cold).push(item)
}

while (!stopping) {
  const began = Date.now()
  // Those of one tick are of different items: a pool gives an item out once until its change has ended.
  await Promise.all(Array.from({ length: CHANGES_A_TICK }, change))
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, TICK_MS - (Date.now() - began))))
}
console.log(changes)
