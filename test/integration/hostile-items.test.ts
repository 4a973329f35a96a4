import { setTimeout as sleep } from 'node:timers/promises'
import { UpdateTableCommand } from '@aws-sdk/client-dynamodb'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startDynamoDbLocal } from '../../local/index.ts'
import type { Attributes, AttributeValue } from '../../shared/dynamodb/attributes.ts'
import { encodeKey, type Key, type KeySchema } from '../../shared/dynamodb/key.ts'
import { type RawItem, rawItem } from '../../shared/dynamodb/raw-item.ts'
import { retrying } from '../../shared/dynamodb/retrying-table.ts'
import { writeControl } from '../../shared/ledger/control.ts'
import { listQuarantine } from '../../shared/ledger/quarantine.ts'
import { createRun, getRun, type RunRecord } from '../../shared/ledger/runs.ts'
import { sdkLedgerTable } from '../../shared/ledger/sdk-table.ts'
import { applyBatch } from '../../shared/live/batch.ts'
import type { LiveEngine } from '../../shared/live/engine.ts'
import { retryingLiveTables } from '../../shared/live/retrying-ports.ts'
import { sdkLiveTables } from '../../shared/live/sdk/live-tables.ts'
import { NumberValue } from '../../shared/migrations/index.ts'
import { differingAttributes } from '../../shared/passes/compare.ts'
import { copyPass } from '../../shared/passes/copy.ts'
import { readMany } from '../../shared/passes/read-many.ts'
import { verifyPass } from '../../shared/passes/verify.ts'
import { LocalTables } from '../contract/local-tables.ts'
import { migration } from '../unit/migrations/fixtures.ts'

/** How many items; `SEGUE_HOSTILE_ITEMS=10000` for the whole of it, some minutes. */
const count = Number(process.env.SEGUE_HOSTILE_ITEMS ?? 600)
/** Of those, items of about 400 KB. */
const mostLarge = Math.min(200, Math.ceil(count / 50))
const pageItems = 50
const sourceSchema: KeySchema = { pk: { name: '#pk', type: 'S' } }

// biome-ignore lint/suspicious/noExplicitAny: migrations without types are what this is about.
type Any = any

/** What a migration makes of an item, and what must become of that: `either` is stored as the source has it, or set aside. */
interface Recipe {
  up(item: Any): unknown
  must: 'be stored' | 'be set aside' | 'either'
  /** What is stored beside what the source has. */
  adds?: Attributes
}

const wrapped = (times: number, core: unknown): unknown => (times === 0 ? core : [wrapped(times - 1, core)])
const wrappedValue = (times: number, core: AttributeValue): AttributeValue =>
  times === 0 ? core : { L: [wrappedValue(times - 1, core)] }
const revoked = () => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}
const thrower = () => {
  throw new RangeError('hostile')
}
const walk = (value: Any): Any => {
  if (Array.isArray(value)) return value.map(walk)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, walk(each)]))
}
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
const stores = (made: unknown, x: AttributeValue): Recipe => ({
  up: (i) => ({ ...i, x: made }),
  must: 'be stored',
  adds: { x },
})
const aside = (make: () => unknown): Recipe => ({ up: (i) => ({ ...i, x: make() }), must: 'be set aside' })
const named = (name: string, must: Recipe['must']): Recipe => ({
  up: (i) => ({ ...i, [name]: 1 }),
  must,
  adds: { [name]: { N: '1' } },
})
const digits = '12345678901234567890123456789012345678'

const recipes: Recipe[] = [
  { up: (i) => i, must: 'be stored' },
  { up: (i) => ({ ...i }), must: 'be stored' },
  { up: (i) => structuredClone(i), must: 'either' },
  { up: (i) => JSON.parse(JSON.stringify(i)), must: 'either' },
  { up: walk, must: 'either' },
  {
    up: (i) =>
      Object.fromEntries(Object.entries(i).map(([n, v]) => [n, isObject(v) && !Array.isArray(v) ? { ...v } : v])),
    must: 'either',
  },
  { up: (i) => Object.assign(Object.create(null), i), must: 'be stored' },
  { up: (i) => new Proxy(i, {}), must: 'be stored' },
  { up: (i) => [i], must: 'be stored' },
  { up: () => revoked(), must: 'be set aside' },
  { up: (i) => new Proxy(i, { ownKeys: thrower }), must: 'be set aside' },
  stores(NumberValue.from(`-0.${digits}`), { N: `-0.${digits}` }),
  stores(9007199254740993n, { N: '9007199254740993' }),
  stores(new Set([1n, NumberValue.from(digits)]), { NS: ['1', digits] }),
  stores(Object.create(null), { M: {} }),
  stores(wrapped(30, []), wrappedValue(30, { L: [] })),
  stores(wrapped(31, 1), wrappedValue(31, { N: '1' })),
  stores(Buffer.from('x'), { B: new Uint8Array([120]) }),
  stores(undefined, { S: 'absent' }),
  aside(() => wrapped(31, [])),
  aside(() => wrapped(31, {})),
  aside(() => wrapped(32, 1)),
  aside(revoked),
  aside(() => ({ deep: [revoked()] })),
  aside(() => Object.defineProperty({}, 'x', { enumerable: true, get: thrower })),
  aside(() => new Proxy(new Set(['a']), {})),
  aside(() => new Array(2)),
  aside(() => new Set()),
  aside(() => new Set(['a', 1])),
  aside(() => new Set([1, 1n])),
  aside(() => Number.NaN),
  aside(() => 1e126),
  aside(() => 10n ** 38n + 1n),
  aside(() => structuredClone({ id: NumberValue.from(digits) })),
  aside(() => ({ ...NumberValue.from(digits) })),
  aside(() => (NumberValue.from(digits) as Any) + 1),
  aside(() => new Date(0)),
  aside(() => '\ud83d'),
  named('é'.repeat(32_767), 'be stored'),
  named('é'.repeat(32_768), 'be set aside'),
  named('\ud83d', 'be set aside'),
  named('', 'be set aside'),
  named('#x', 'be stored'),
  named("'; --", 'be stored'),
  named('\u0000', 'be stored'),
  // Only the service knows of the index that was added after the run began.
  { up: (i) => ({ ...i, late: '' }), must: 'be set aside' },
  { up: (i) => [{ ...i }, { ...i, '#pk': `${i['#pk']}!`, late: '' }], must: 'be set aside' },
  { up: (i) => ({ ...i, late: 'fine' }), must: 'be stored', adds: { late: { S: 'fine' } } },
]
recipes.find(({ adds }) => adds?.x && 'S' in adds.x && adds.x.S === 'absent')!.adds = {}

const large: Recipe[] = [-2_000, -1_000, 0, 1_000].map((over) => ({
  up: (i) => ({ ...i, x: 'x'.repeat(409_600 + over) }),
  must: over < 0 ? 'either' : 'be set aside',
  adds: { x: { S: 'x'.repeat(409_600 + over) } },
}))

const text = fc.string({ unit: 'grapheme', maxLength: 6 })
const number = fc.constantFrom('0', '-1.5', digits, `0.${digits}`, '3804086584686624768')
const { attribute } = fc.letrec<{ attribute: AttributeValue }>((tie) => ({
  attribute: fc.oneof(
    { maxDepth: 3 },
    text.map((S) => ({ S })),
    number.map((N) => ({ N })),
    fc.uint8Array({ maxLength: 4 }).map((B) => ({ B })),
    fc.boolean().map((BOOL) => ({ BOOL })),
    fc.constant({ NULL: true }),
    fc.uniqueArray(text, { minLength: 1, maxLength: 3 }).map((SS) => ({ SS })),
    fc.uniqueArray(number, { minLength: 1, maxLength: 3 }).map((NS) => ({ NS })),
    fc.array(tie('attribute'), { maxLength: 3 }).map((L) => ({ L })),
    fc
      .dictionary(fc.string({ minLength: 1, maxLength: 4 }), tie('attribute'), { maxKeys: 3 })
      .map((M) => ({ M: { ...M } })),
  ),
}))

/** Really sleeps: under load DynamoDB Local returns `InternalFailure` now and then, and retries in one instant meet it again. */
const runtime = { clock: Date.now, random: Math.random, sleep: (ms: number) => sleep(ms), emit: () => {} }
let local: Awaited<ReturnType<typeof startDynamoDbLocal>>
let tables: LocalTables
beforeAll(async () => {
  local = await startDynamoDbLocal()
  tables = new LocalTables(local.endpoint)
})
afterAll(() => local?.stop())

const recipeOf = new Map<string, Recipe>()
const hostile = migration({ id: 'hostile', up: (item: Any) => recipeOf.get(item['#pk'])!.up(item) })

function population(): Attributes[] {
  const values = fc.sample(fc.dictionary(fc.string({ minLength: 1, maxLength: 5 }), attribute, { maxKeys: 4 }), {
    numRuns: count,
    seed: 7,
  })
  return values.map((rest, i) => {
    const pk = `item ${i}`
    const every = Math.ceil(count / mostLarge)
    recipeOf.set(pk, i % every === 0 ? large[(i / every) % large.length]! : recipes[i % recipes.length]!)
    const { x: _, late: __, ...others } = rest
    return { ...others, '#pk': { S: pk } }
  })
}

it.each(['copy', 'live'] as const)(
  'every hostile item is stored exactly or set aside with its key and a reason, and its neighbours are stored: %s',
  { timeout: 600_000 },
  async (by) => {
    const source = await tables.table(sourceSchema)
    const destination = await tables.table(sourceSchema)
    const ledgerName = (await tables.table({ pk: { name: 'pk', type: 'S' }, sk: { name: 'sk', type: 'S' } })).name
    const ledger = sdkLedgerTable(tables.client, ledgerName)
    const run = {
      ...{ id: 'run', state: 'running', phase: 'Copy', source: source.name, destination: destination.name },
      ...{ schema: sourceSchema, codeHash: 'code', pending: ['hostile'], segments: 1, split: true, offline: false },
      ...{ planned: true, execution: 'arn', fence: 1, startedAt: 1 },
    } as RunRecord
    await createRun(ledger, run)
    await writeControl(ledger, run.id, undefined, { command: 'run', fence: 1, ...(by === 'live' && { quiet: 'q' }) })
    await addIndex(destination.name)
    const items = population().map((attributes) => rawItem(sourceSchema, attributes))
    const patient = { source: retrying(source, runtime), destination: retrying(destination, runtime) }
    await patient.source.put(items)
    const engine: LiveEngine = {
      ...{ run: run.id, schema: sourceSchema, migrations: [hostile], source: patient.source, ledger, runtime },
      tables: retryingLiveTables(sdkLiveTables(tables.client, destination, ledgerName), ledger, runtime),
    }
    const copy = copyPass({ ...engine, destination: patient.destination, offline: false })
    const verify = verifyPass({ ...engine, ...patient, verification: 1, patienceMs: 10 })
    let quarantined = 0
    for (const [page, from] of pagesOf(items)) {
      const place = { pass: 'copy', chunk: 's00000', epoch: 1, before: from } as const
      if (by === 'copy') await copy.apply(page, place)
      else {
        const records = page.map((item, i) => ({
          key: item.key,
          seq: String(from + i).padStart(40, '0'),
          at: 1,
          new: item.attributes(),
        }))
        const stored = await getRun(ledger, run.id)
        await applyBatch(records, {
          fencing: async () => ({ run: stored, since: 0, quiet: 'q' }),
          engine: () => engine,
        })
      }
      const tallies = await verify.apply(page, { ...place, pass: 'verify.1' })
      expect(tallies).toMatchObject({ read: page.length, missing: 0, different: 0 })
      quarantined += tallies.quarantined
    }
    const listed = new Map((await listQuarantine(ledger, run.id)).map((entry) => [encodeKey(entry.key), entry]))
    expect(listed.size).toBe(quarantined)
    const found = await readMany(
      patient.destination,
      items.map(({ key }) => key),
    )
    for (const item of items)
      expect(verdict(item, found.get(encodeKey(item.key)), listed.get(encodeKey(item.key)), by)).toBe('right')
    if (by === 'live') expect(await patient.destination.get(halves(items))).toEqual([])
  },
)

function* pagesOf(items: RawItem[]): Generator<[RawItem[], number]> {
  for (let i = 0; i < items.length; i += pageItems) yield [items.slice(i, i + pageItems), i]
}

/** Keys of second outputs, none of which may be there. */
function halves(items: RawItem[]): Key[] {
  return items.slice(0, 100).map(({ key }) => ({ pk: { S: `${(key.pk as { S: string }).S}!` } }))
}

function verdict(
  item: RawItem,
  found: RawItem | undefined,
  entry: { migration: string; reason: string } | undefined,
  by: string,
): string {
  const { must, adds = {}, up } = recipeOf.get((item.key.pk as { S: string }).S)!
  const what = `${up} of ${JSON.stringify(item.key)}`
  // Of one with two outputs, copy leaves the first to settling.
  const mayLinger = by === 'copy' && String(up).includes('!')
  if (entry) {
    if (must === 'be stored') return `${what} is listed: ${entry.reason}`
    if (entry.migration !== 'hostile' || entry.reason === '') return `${what} is listed without a reason`
    return found && !mayLinger ? `${what} is listed and stored` : 'right'
  }
  if (must === 'be set aside') return `${what} is not listed`
  if (!found) return `${what} is neither listed nor stored`
  const differing = differingAttributes({ ...item.attributes(), ...adds }, found.attributes())
  return differing.length === 0 ? 'right' : `${what} is stored with another ${differing}`
}

/** An index that the run does not know of. */
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
