import { createHash } from 'node:crypto'
import { segmentsFor } from '../../../../shared/chunks/segments.ts'
import type { KeySchema } from '../../../../shared/dynamodb/key.ts'
import type { Table } from '../../../../shared/dynamodb/ports.ts'
import { createChunks, listChunks, newChunk } from '../../../../shared/ledger/chunks.ts'
import { writeControl } from '../../../../shared/ledger/control.ts'
import { createRun, type RunRecord } from '../../../../shared/ledger/runs.ts'
import type { LedgerTable } from '../../../../shared/ledger/table.ts'
import type { Migration } from '../../../../shared/migrations/index.ts'
import { copyPass } from '../../../../shared/passes/copy.ts'
import type { SliceEngine } from '../../../../shared/passes/slice/engine.ts'
import type { Outcome } from '../../../../shared/passes/slice/outcome.ts'
import { runSlice } from '../../../../shared/passes/slice/slice.ts'
import type { EngineEvent } from '../../../../shared/runtime/events.ts'
import type { Runtime } from '../../../../shared/runtime/ports.ts'
import { migrationsOf } from '../../../code.ts'
import { memoryLedgerTable } from '../../../memory/ledger-table.ts'
import { memoryTable } from '../../../memory/table.ts'

export const schema: KeySchema = { pk: { name: 'pk', type: 'S' }, sk: { name: 'sk', type: 'S' } }
export const runId = 'run00001'

/** A table pair, a ledger with one planned run, and time that passes only while tables are used. */
export function world(
  options: {
    segments?: number
    itemMs?: number
    sliceMs?: number
    split?: boolean
    codeHash?: string
    offline?: boolean
    schema?: KeySchema
    migrations?: Migration[]
  } = {},
) {
  const keys = options.schema ?? schema
  const {
    segments = 1,
    itemMs = 1,
    sliceMs = 10_000,
    split = true,
    codeHash = 'code',
    migrations = [],
    offline = true,
  } = options
  let now = 1_700_000_000_000
  let sleeps = 0
  const events: EngineEvent[] = []
  const runtime: Runtime = {
    clock: () => now,
    random: () => 0.5,
    // Nothing here waits for a deadline to pass: only retries would sleep, and they may as well be instant.
    sleep: async (_ms, signal) => {
      if (signal) await new Promise(() => {})
      sleeps++
    },
    emit: (event) => events.push(event),
  }
  const source = memoryTable(keys, 'source')
  const destination = memoryTable(keys, 'destination')
  const memory = memoryLedgerTable()
  const ledger: LedgerTable = memory
  /** Reading and writing take `itemMs` an item, half each. */
  const slow = (table: Table): Table => ({
    name: table.name,
    schema: table.schema,
    get: (request) => table.get(request),
    insert: (items) => table.insert(items),
    async scan(request) {
      const page = await table.scan(request)
      now += (page.items.length * itemMs) / 2
      return page
    },
    async query(request) {
      const page = await table.query(request)
      now += (page.items.length * itemMs) / 2
      return page
    },
    async put(items) {
      now += (items.length * itemMs) / 2
      return table.put(items)
    },
  })
  const engine = (more: Partial<SliceEngine> = {}): SliceEngine => {
    const end = now + sliceMs
    return {
      ledger,
      openPass: (run) => ({
        table: slow(source),
        ...copyPass({
          run: run.id,
          source,
          schema: keys,
          migrations,
          destination: slow(destination),
          ledger,
          runtime,
          offline: true,
        }),
        consistent: true,
      }),
      runtime,
      deadline: { remainingMs: () => end - now },
      code: migrationsOf(codeHash),
      sliceMs,
      splitAfterMs: sliceMs / 3,
      concurrency: 40,
      ...more,
    }
  }
  const run: RunRecord = {
    id: runId,
    state: 'running',
    phase: 'Copy',
    source: 'source',
    destination: 'destination',
    schema: keys,
    codeHash: 'code',
    pending: [],
    segments,
    split,
    offline,
    planned: true,
    execution: 'arn',
    fence: 1,
    startedAt: now,
  }
  return {
    source,
    destination,
    ledger,
    events,
    engine,
    runtime,
    sleeps: () => sleeps,
    pass: (ms: number) => {
      now += ms
    },
    async plan() {
      await createRun(ledger, run)
      await writeControl(ledger, runId, undefined, { command: 'run', fence: 1 })
      await createChunks(
        ledger,
        segmentsFor(segments).map(({ id, chunk }) => newChunk(runId, 'copy', id, chunk, now)),
      )
    },
    slice: (chunk: string, more: Partial<SliceEngine> = {}) =>
      runSlice({ run: runId, pass: 'copy', chunk, fence: 1 }, engine(more)),
    chunks: () => listChunks(ledger, runId, 'copy'),
  }
}

export type World = ReturnType<typeof world>

/** Does what the `chunk` machine does, one chunk after the other; answers every outcome met. */
export async function drive(w: World, chunk: string, limit = 1_000): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  const waiting = [chunk]
  for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
    const outcome = await w.slice(id)
    outcomes.push(outcome)
    if (outcomes.length > limit) throw new Error(`${id} does not end`)
    if (outcome.outcome === 'more') waiting.push(id)
    if (outcome.outcome === 'split') waiting.push(...outcome.children.map((child) => child.chunk))
    if (outcome.outcome === 'stopped') throw new Error(`${id} stopped: ${outcome.reason}`)
  }
  return outcomes
}

export function fill(w: World, hot: number, cold = 0): void {
  for (let i = 0; i < hot; i++)
    w.source.store({
      pk: { S: 'hot' },
      sk: { S: new Date(1_600_000_000_000 + i * 60_000).toISOString() },
      n: { N: String(i) },
    })
  for (let i = 0; i < cold; i++)
    w.source.store({ pk: { S: `cold-${createHash('md5').update(String(i)).digest('hex')}` }, sk: { S: 'x' } })
}
