import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startDynamoDbLocal } from '../../local/index.ts'
import { segmentsFor } from '../../shared/chunks/segments.ts'
import type { KeySchema } from '../../shared/dynamodb/key.ts'
import type { Table } from '../../shared/dynamodb/ports.ts'
import { type RawItem, rawItem } from '../../shared/dynamodb/raw-item.ts'
import { retrying } from '../../shared/dynamodb/retrying-table.ts'
import { openSums } from '../../shared/facts/sums.ts'
import { createChunks, listChunks, newChunk } from '../../shared/ledger/chunks.ts'
import { writeControl } from '../../shared/ledger/control.ts'
import { type PassId, passIdOf, passKinds } from '../../shared/ledger/passes.ts'
import { createRun, type RunRecord } from '../../shared/ledger/runs.ts'
import { addTallies, noTallies } from '../../shared/ledger/tallies.ts'
import { canonicalJson } from '../../shared/operator/report/digest.ts'
import { openPass } from '../../shared/passes/open-pass.ts'
import { runSlice } from '../../shared/passes/slice/slice.ts'
import { inParallel } from '../../shared/runtime/parallel.ts'
import type { Runtime } from '../../shared/runtime/ports.ts'
import { migrationsOf } from '../code.ts'
import { LocalTables } from '../contract/local-tables.ts'

/**
 * How long Copy, Verify and Orphans take beside each other on DynamoDB Local, their requests, and the units that AWS would
 * charge. Only the ratios mean something: neither this machine nor DynamoDB Local is AWS.
 */
const { values: flags } = parseArgs({
  options: {
    items: { type: 'string', default: '20000' },
    rounds: { type: 'string', default: '3' },
    offline: { type: 'boolean', default: false },
  },
})
const items = Number(flags.items)
const segments = 8
const atWork = 4
const sliceMs = 600_000
const schema: KeySchema = { pk: { name: 'pk', type: 'S' }, sk: { name: 'sk', type: 'S' } }
const runtime: Runtime = {
  clock: Date.now,
  random: Math.random,
  sleep: async (ms, signal) => {
    await wait(ms, undefined, signal && { signal }).catch(() => {})
  },
  emit: () => {},
}

/** Requests and units of both tables. */
interface Cost {
  requests: number
  readUnits: number
  writeUnits: number
}

const local = await startDynamoDbLocal()
const tables = new LocalTables(local.endpoint)
try {
  const source = await tables.table(schema)
  await fill(source)
  console.log(`${items} items of 0.9 KB, half of them under one partition key; ${segments} segments, ${atWork} at work`)
  for (let round = 1; round <= Number(flags.rounds); round++) await measure(source, `round-${round}`)
} finally {
  tables.client.destroy()
  await local.stop()
}

async function fill(source: Table): Promise<void> {
  const all = Array.from({ length: items }, (_, n): RawItem => {
    const pk = n % 2 === 0 ? 'hot' : `case|${n}`
    return rawItem(schema, {
      pk: { S: pk },
      sk: { S: `ITEM#${String(n).padStart(8, '0')}` },
      text: { S: 'x'.repeat(600) },
      ...Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`attribute${i}`, { N: String(n * i) }])),
    })
  })
  for (let i = 0; i < all.length; i += 1_000) await retrying(source, runtime).put(all.slice(i, i + 1_000))
}

async function measure(source: Table, id: string): Promise<void> {
  const destination = await tables.table(schema)
  const ledger = await tables.ledgerTable()
  const run: RunRecord = {
    ...{ id, state: 'running', phase: 'Copy', source: source.name, destination: destination.name, schema },
    ...{ codeHash: 'code', pending: [], segments, split: false, offline: flags.offline, planned: true },
    ...{ execution: 'arn', fence: 1, startedAt: 0, verification: { number: 1, ended: false } },
  } as RunRecord
  await createRun(ledger, run)
  await writeControl(ledger, id, undefined, { command: 'run', fence: 1 })
  let copyMs = 0
  let checksMs = 0
  for (const kind of passKinds) {
    const pass = passIdOf(run, kind)
    const cost: Cost = { requests: 0, readUnits: 0, writeUnits: 0 }
    const open = (name: string) => retrying(counting(name === source.name ? source : destination, cost), runtime)
    const roots = segmentsFor(segments).map((root) => newChunk(id, pass, root.id, root.chunk, runtime.clock()))
    await createChunks(ledger, roots)
    const [began, cpu] = [performance.now(), process.cpuUsage()]
    await inParallel(atWork, roots, (root) => drive(pass, root.id))
    const ms = performance.now() - began
    const { user, system } = process.cpuUsage(cpu)
    const { read, ...rest } = (await listChunks(ledger, id, pass)).reduce(
      (sum, c) => addTallies(sum, c.tallies),
      noTallies,
    )
    if (
      read !== items ||
      rest.missing + rest.different + rest.orphan > 0 ||
      openSums(kind, { read, ...rest }).length > 0
    )
      throw new Error(`${pass}: ${canonicalJson({ read, ...rest })}`)
    if (kind === 'copy') copyMs = ms
    else checksMs += ms
    console.log(
      `${id} ${kind.padEnd(7)} ${(ms / copyMs).toFixed(2)} of copy, ${((user + system) / items).toFixed(0)} µs of processor an item; for 1,000 items ` +
        `${((cost.requests * 1000) / items).toFixed(1)} requests, ${((cost.readUnits * 1000) / items).toFixed(0)} read and ${((cost.writeUnits * 1000) / items).toFixed(0)} write units`,
    )

    async function drive(of: PassId, chunk: string): Promise<void> {
      const engine = {
        ledger,
        openPass: (...[opened, which, shouldContinue]: Parameters<Parameters<typeof runSlice>[1]['openPass']>) =>
          openPass(opened, which, shouldContinue, { ledger, runtime, open, migrations: [], sliceMs }),
        ...{
          runtime,
          deadline: { remainingMs: () => sliceMs },
          code: migrationsOf(),
          sliceMs,
          splitAfterMs: sliceMs,
          concurrency: 40,
        },
      }
      const outcome = await runSlice({ run: id, pass: of, chunk, fence: 1 }, engine)
      if (outcome.outcome !== 'done') throw new Error(`${chunk}: ${outcome.outcome}`)
    }
  }
  console.log(`${id} verify and orphans together: ${(checksMs / copyMs).toFixed(2)} of copy`)
}

/** Counts calls of the service, and units by the size of the items, which is 0.9 KB for all. */
function counting(table: Table, cost: Cost): Table {
  const scanned = (found: number, consistent: boolean) => {
    cost.requests++
    cost.readUnits += Math.ceil((found * 0.9) / 4) / (consistent ? 1 : 2)
  }
  const written = (count: number) => {
    cost.requests += Math.ceil(count / 25)
    cost.writeUnits += count
  }
  return {
    ...table,
    async scan(request) {
      const page = await table.scan(request)
      scanned(page.items.length, request.consistent)
      return page
    },
    async query(request) {
      const page = await table.query(request)
      scanned(page.items.length, request.consistent)
      return page
    },
    get(keys) {
      cost.requests++
      cost.readUnits += keys.length
      return table.get(keys)
    },
    put(all) {
      written(all.length)
      return table.put(all)
    },
    insert(all) {
      written(all.length)
      return table.insert(all)
    },
  }
}
