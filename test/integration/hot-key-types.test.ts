import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDynamoDbLocal } from '../../local/index.ts'
import { segmentsFor } from '../../shared/chunks/segments.ts'
import type { Attributes, KeyValue } from '../../shared/dynamodb/attributes.ts'
import { encodeKey, type KeySchema } from '../../shared/dynamodb/key.ts'
import type { Table } from '../../shared/dynamodb/ports.ts'
import { rawItem } from '../../shared/dynamodb/raw-item.ts'
import { retrying } from '../../shared/dynamodb/retrying-table.ts'
import { coverageOf } from '../../shared/facts/coverage.ts'
import { openSums } from '../../shared/facts/sums.ts'
import { createChunks, listChunks, newChunk } from '../../shared/ledger/chunks.ts'
import { writeControl } from '../../shared/ledger/control.ts'
import { createRun, type RunRecord } from '../../shared/ledger/runs.ts'
import type { LedgerTable } from '../../shared/ledger/table.ts'
import { copyPass } from '../../shared/passes/copy.ts'
import { runSlice } from '../../shared/passes/slice/slice.ts'
import { migrationsOf } from '../code.ts'
import { LocalTables } from '../contract/local-tables.ts'
import { realRuntime as runtime } from './real-runtime.ts'

const HOT = 2_000
const COLD = 200
const SEGMENTS = 4
const SLICE_MS = 4_000

let local: Awaited<ReturnType<typeof startDynamoDbLocal>>
let tables: LocalTables

beforeAll(async () => {
  local = await startDynamoDbLocal()
  tables = new LocalTables(local.endpoint)
})
afterAll(async () => {
  tables?.client.destroy()
  await local?.stop()
})

/** Sort keys as tables have them: crowded in one place, spread over many orders of magnitude, of several lengths. */
const sortKeys: Record<'N' | 'B', (n: number) => KeyValue> = {
  N: (n) => ({ N: n % 3 === 0 ? String(-(n ** 3) / 8) : n % 3 === 1 ? `${n}.0${n}1` : `${(n + 1) * 7}E+20` }),
  B: (n) => ({
    B: Uint8Array.from([n % 5 === 0 ? 255 : 7, (n >> 8) & 255, n & 255, ...Array.from({ length: n % 4 }, () => 255)]),
  }),
}

describe.each(['N', 'B'] as const)('a hot key whose sort keys are of type %s', (type) => {
  it('is split, and copied item by item with tallies that close', async () => {
    const schema: KeySchema = { pk: { name: 'pk', type: 'S' }, sk: { name: 'sk', type } }
    const [source, destination] = [await tables.table(schema), await tables.table(schema)]
    await fill(source, sortKeys[type])
    const run = await migrate(source, destination, await tables.ledgerTable(), `run-${type.toLowerCase()}`)

    expect(run.splits).toBeGreaterThan(0)
    expect(run).toMatchObject({ complete: true, tallies: { read: HOT + COLD, untouched: HOT + COLD } })
    expect(openSums('copy', run.tallies)).toEqual([])
    expect(await contents(destination)).toEqual(await contents(source))
  })
})

async function fill(table: Table, sortKey: (n: number) => KeyValue): Promise<void> {
  const items = Array.from({ length: HOT + COLD }, (_, n): Attributes => {
    const pk = n < HOT ? 'hot' : `cold-${n}`
    return { pk: { S: pk }, sk: sortKey(n), text: { S: 'x'.repeat(n % 300) } }
  })
  const raw = items.map((item) => rawItem(table.schema, item))
  expect(new Set(raw.map(({ key }) => encodeKey(key))).size).toBe(raw.length)
  expect(await retrying(table, runtime).put(raw)).toEqual(raw.map(() => 'written'))
}

/** What the machines do, in this process and one slice after the other. */
async function migrate(source: Table, destination: Table, ledger: LedgerTable, id: string) {
  const now = runtime.clock()
  const run: RunRecord = {
    id,
    state: 'running',
    phase: 'Copy',
    source: source.name,
    destination: destination.name,
    schema: source.schema,
    codeHash: 'code',
    pending: [],
    segments: SEGMENTS,
    split: true,
    offline: true,
    planned: true,
    execution: 'arn',
    fence: 1,
    startedAt: now,
  }
  await createRun(ledger, run)
  await writeControl(ledger, id, undefined, { command: 'run', fence: 1 })
  const roots = segmentsFor(SEGMENTS).map((root) => newChunk(id, 'copy', root.id, root.chunk, now))
  await createChunks(ledger, roots)
  const waiting = roots.map((root) => root.id)
  for (let chunk = waiting.shift(); chunk !== undefined; chunk = waiting.shift()) {
    const end = runtime.clock() + SLICE_MS
    const outcome = await runSlice(
      { run: id, pass: 'copy', chunk, fence: 1 },
      {
        ledger,
        openPass: () => ({
          table: retrying(source, runtime),
          ...copyPass({
            run: id,
            source,
            schema: source.schema,
            migrations: [],
            destination: slowed(retrying(destination, runtime)),
            ledger,
            runtime,
            offline: true,
          }),
          consistent: true,
        }),
        runtime,
        deadline: { remainingMs: () => end - runtime.clock() },
        code: migrationsOf(),
        sliceMs: SLICE_MS,
        splitAfterMs: SLICE_MS / 5,
        concurrency: 40,
      },
    )
    if (outcome.outcome === 'more') waiting.unshift(chunk)
    else if (outcome.outcome === 'split') waiting.push(...outcome.children.map((child) => child.chunk))
    else expect(outcome).toEqual({ outcome: 'done' })
  }
  return coverageOf(await listChunks(ledger, id, 'copy'), SEGMENTS)
}

/** As if each item took four milliseconds more to write, so that a small key is a hot one on any machine. */
function slowed(table: Table): Table {
  return {
    ...table,
    put: async (items) => {
      await runtime.sleep(items.length * 4)
      return table.put(items)
    },
  }
}

async function contents(table: Table): Promise<Map<string, Attributes>> {
  const items = new Map<string, Attributes>()
  let after: Parameters<Table['scan']>[0]['after']
  do {
    const page = await table.scan({
      segment: 0,
      totalSegments: 1,
      ...(after && { after }),
      limit: 1_000,
      consistent: true,
    })
    for (const item of page.items) items.set(encodeKey(item.key), item.attributes())
    after = page.next
  } while (after)
  return items
}
