import { UpdateTableCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startDynamoDbLocal } from '../../local/index.ts'
import { segmentsFor } from '../../shared/chunks/segments.ts'
import { encodeKey, type KeySchema } from '../../shared/dynamodb/key.ts'
import type { Table } from '../../shared/dynamodb/ports.ts'
import { retrying } from '../../shared/dynamodb/retrying-table.ts'
import { openSums } from '../../shared/facts/sums.ts'
import { createChunks, getChunk, newChunk } from '../../shared/ledger/chunks.ts'
import { readControl, writeControl } from '../../shared/ledger/control.ts'
import type { PassId } from '../../shared/ledger/passes.ts'
import { listQuarantine } from '../../shared/ledger/quarantine.ts'
import { retryingLedger } from '../../shared/ledger/retrying-ledger.ts'
import { createRun, getRun, type RunRecord } from '../../shared/ledger/runs.ts'
import { sdkLedgerTable } from '../../shared/ledger/sdk-table.ts'
import { applyBatch } from '../../shared/live/batch.ts'
import type { LiveEngine } from '../../shared/live/engine.ts'
import { retryingLiveTables } from '../../shared/live/retrying-ports.ts'
import { sdkLiveTables } from '../../shared/live/sdk/live-tables.ts'
import { fromLambdaRecord } from '../../shared/live/sdk/records.ts'
import { settleBuckets } from '../../shared/live/settle-all.ts'
import { openPass } from '../../shared/passes/open-pass.ts'
import { runSlice } from '../../shared/passes/slice/slice.ts'
import { migrationsOf } from '../code.ts'
import { LocalTables } from '../contract/local-tables.ts'
import { migration } from '../unit/migrations/fixtures.ts'
import { type Hostile, hostileItems } from './hostile/recipes.ts'
import { textOf, type WireItem, WireTable } from './hostile/wire.ts'
import { realRuntime as runtime } from './real-runtime.ts'

/** How many items; `SEGUE_HOSTILE_ITEMS=10000` for the whole of it, some minutes. */
const count = Number(process.env.SEGUE_HOSTILE_ITEMS ?? 1_000)
/** Of those, items of about 400 KB. */
const mostLarge = Math.min(200, Math.ceil(count / 50))
/** Records in a batch. */
const batchRecords = 100
const sliceMs = 900_000

const schema: KeySchema = { pk: { name: '#pk', type: 'S' } }
const deadline = { remainingMs: () => sliceMs }

let local: Awaited<ReturnType<typeof startDynamoDbLocal>>
let tables: LocalTables
let source: Table
let items: Hostile[]
/** What must be stored of each source item, as the service itself writes it; nothing for one to be set aside. */
let expected: Map<string, WireItem[] | undefined>

beforeAll(async () => {
  local = await startDynamoDbLocal()
  tables = new LocalTables(local.endpoint, false)
  source = await tables.table(schema)
  items = await inSource(hostileItems(count, mostLarge))
  for (const item of items) byKey.set(item.pk, item)
  expected = await judged(items)
  // Neither kind may be rare.
  const storable = [...expected.values()].filter((each) => each !== undefined).length
  expect(storable).toBeGreaterThan(count / 2)
  expect(count - storable).toBeGreaterThan(count / 10)
})
afterAll(() => local?.stop())

const byKey = new Map<string, Hostile>()
const hostile = migration({
  id: 'hostile',
  up: (item) => byKey.get((item as { '#pk': string })['#pk'])!.up(item) as never,
})

/** Stores the source items; one that the service refuses has its key alone. */
async function inSource(all: Hostile[]): Promise<Hostile[]> {
  const table = new WireTable(local.endpoint, source.name)
  const refused = new Set(await table.put(all.map((each) => each.source)))
  expect(refused.size).toBeLessThan(count / 20)
  const bare = (each: Hostile): Hostile => ({ ...each, source: { '#pk': { S: each.pk } } })
  const stored = all.map((each) => (refused.has(each.source) ? bare(each) : each))
  expect(await table.put(stored.map((each) => each.source))).toEqual([])
  return stored
}

/** The service's own word on the outputs, without the engine: they are put into a table with the same index, and read. */
async function judged(all: Hostile[]): Promise<Map<string, WireItem[] | undefined>> {
  const reference = new WireTable(local.endpoint, (await tables.table(schema)).name)
  await addIndex(reference.name)
  const outputs = new Map(all.map((each) => [each.pk, each.outputs(each.source)]))
  const refused = new Set(await reference.put([...outputs.values()].flatMap((each) => (each === 'unfit' ? [] : each))))
  const stored = new Map((await reference.items()).map((item) => [keyOf(item), item]))
  return new Map(
    [...outputs].map(([pk, wanted]) => {
      if (wanted === 'unfit' || wanted.some((output) => refused.has(output))) return [pk, undefined]
      return [pk, wanted.map((output) => stored.get(keyOf(output))!)]
    }),
  )
}

it.each(['copy', 'live'] as const)(
  'every hostile item is stored exactly or set aside with its key and a reason, and its neighbours are stored: %s',
  { timeout: 1_800_000 },
  async (by) => {
    const w = await world()
    if (by === 'copy') await w.walk('copy')
    else await w.apply()
    await w.settle()
    const found = await w.walk('verify.1')
    expect(found).toMatchObject({ read: items.length, missing: 0, different: 0, quarantined: w.listed.size })

    const stored = new Map((await w.destination.items()).map((item) => [keyOf(item), textOf(item)]))
    const wrong: string[] = []
    for (const item of items) {
      const entry = w.listed.get(encodeKey({ pk: { S: item.pk } }))
      const wanted = expected.get(item.pk)
      if (entry && (entry.migration !== 'hostile' || entry.reason === '')) wrong.push(`${item.pk}: no reason`)
      if (entry && wanted && !item.lenient) wrong.push(`${item.pk}: set aside, ${entry.reason}: ${item.up}`)
      if (!entry && !wanted) wrong.push(`${item.pk}: not set aside: ${item.up}`)
      for (const output of entry ? [] : (wanted ?? [])) {
        const key = keyOf(output)
        if (stored.get(key) !== textOf(output)) wrong.push(`${key}: ${differing(output, stored.get(key))}: ${item.up}`)
        stored.delete(key)
      }
    }
    expect(wrong).toEqual([])
    expect([...stored.keys()]).toEqual([])
  },
)

/** A destination with an index that the run does not know of, and a ledger with the run. */
async function world() {
  const destination = await tables.table(schema)
  const ledgerName = (await tables.table({ pk: { name: 'pk', type: 'S' }, sk: { name: 'sk', type: 'S' } })).name
  const ledger = retryingLedger(sdkLedgerTable(tables.client, ledgerName), runtime)
  await addIndex(destination.name)
  const run = {
    ...{ id: 'run', state: 'running', phase: 'Copy', source: source.name, destination: destination.name },
    ...{ schema, codeHash: 'code', pending: ['hostile'], segments: 1, split: true, offline: false },
    ...{ planned: true, execution: 'arn', fence: 1, startedAt: 1 },
  } as RunRecord
  await createRun(ledger, run)
  await writeControl(ledger, run.id, undefined, { command: 'run', fence: 1 })
  const open = (name: string) => retrying(name === source.name ? source : destination, runtime)
  const engine: LiveEngine = {
    ...{ run: run.id, schema, migrations: [hostile], source: open(source.name), ledger, runtime },
    tables: retryingLiveTables(sdkLiveTables(tables.client, destination, ledgerName), ledger, runtime),
  }
  const listed = new Map<string, { migration: string; reason: string }>()
  return {
    destination: new WireTable(local.endpoint, destination.name),
    listed,

    /** The tallies of a pass over the one segment. */
    async walk(pass: PassId) {
      const [{ id, chunk }] = segmentsFor(1) as [ReturnType<typeof segmentsFor>[0]]
      await createChunks(ledger, [newChunk(run.id, pass, id, chunk, 1)])
      const passes = { ledger, runtime, open, migrations: [hostile], sliceMs: 50 }
      const task = { run: run.id, pass, chunk: id, fence: 1 }
      const slice = () =>
        runSlice(task, {
          ...{ ledger, runtime, deadline, code: migrationsOf(), sliceMs, splitAfterMs: sliceMs, concurrency: 40 },
          openPass: (of, which, ask) => openPass(of, which, ask, passes),
        })
      // Under load DynamoDB Local may fail for longer than retries last: then the next slice continues.
      let outcome = await slice()
      while (outcome.outcome === 'more') outcome = await slice()
      expect(outcome).toEqual({ outcome: 'done' })
      const { tallies } = (await getChunk(ledger, run.id, pass, id))!
      expect(openSums(pass === 'copy' ? 'copy' : 'verify', tallies)).toEqual([])
      return tallies
    },

    /** Applies the changes that insert the items, as Lambda delivers them; every tenth batch twice. */
    async apply() {
      const stored = await getRun(ledger, run.id)
      const fencing = async () => ({ run: stored, since: 0 })
      for (let from = 0; from < items.length; from += batchRecords) {
        const records = items.slice(from, from + batchRecords).map(({ source: NewImage }, i) =>
          fromLambdaRecord(schema, {
            dynamodb: {
              ...{ Keys: { '#pk': NewImage['#pk'] }, NewImage, ApproximateCreationDateTime: 1 },
              SequenceNumber: String(10n ** 20n + BigInt(from + i)),
            },
          }),
        )
        const times = from % (10 * batchRecords) === 0 ? 2 : 1
        for (let i = 0; i < times; i++) await applyBatch(records, { fencing, engine: () => engine })
      }
    },

    async settle() {
      await writeControl(ledger, run.id, await readControl(ledger, run.id), { command: 'run', fence: 1, quiet: 'q' })
      const task = { run: run.id, fence: 1, from: { shard: 0, after: '' } }
      expect(await settleBuckets(task, { ...engine, deadline, code: migrationsOf() })).toEqual({ outcome: 'done' })
      for (const entry of await listQuarantine(ledger, run.id)) listed.set(encodeKey(entry.key), entry)
    },
  }
}

function keyOf(item: WireItem): string {
  return (item['#pk'] as { S: string }).S
}

async function addIndex(name: string): Promise<void> {
  await tables.client.send(
    new UpdateTableCommand({
      TableName: name,
      AttributeDefinitions: [
        { AttributeName: 'late', AttributeType: 'S' },
        { AttributeName: '#pk', AttributeType: 'S' },
      ],
      GlobalSecondaryIndexUpdates: [
        {
          Create: {
            IndexName: 'late',
            KeySchema: [{ AttributeName: 'late', KeyType: 'HASH' }],
            Projection: { ProjectionType: 'KEYS_ONLY' },
          },
        },
      ],
    }),
  )
}

/** Where a stored item begins to differ. */
function differing(wanted: WireItem, found: string | undefined): string {
  if (found === undefined) return 'not stored'
  const text = textOf(wanted)
  let at = 0
  while (text[at] === found[at]) at++
  return `not ${text.slice(Math.max(0, at - 30), at + 80)} but ${found.slice(Math.max(0, at - 30), at + 80)}`
}
