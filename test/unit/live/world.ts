import type { Attributes } from '../../../shared/dynamodb/attributes.ts'
import { type Key, type KeySchema, keyOf } from '../../../shared/dynamodb/key.ts'
import { createChunks, newChunk } from '../../../shared/ledger/chunks.ts'
import { readControl, writeControl } from '../../../shared/ledger/control.ts'
import { writeLease } from '../../../shared/ledger/lease.ts'
import { createRun, getRun, type RunRecord } from '../../../shared/ledger/runs.ts'
import type { LiveEngine } from '../../../shared/live/engine.ts'
import type { StreamRecord } from '../../../shared/live/ports.ts'
import { defineMigration } from '../../../shared/migrations/index.ts'
import type { EngineEvent } from '../../../shared/runtime/events.ts'
import { memoryLedgerTable } from '../../memory/ledger-table.ts'
import { memoryLiveTables } from '../../memory/live-tables.ts'
import { memoryTable } from '../../memory/table.ts'

export const schema: KeySchema = { pk: { name: 'pk', type: 'S' } }
export const run = 'run00001'
const anything = { '~standard': { version: 1 as const, vendor: 'none', validate: (value: unknown) => ({ value }) } }

/** Each item goes to the keys listed in `to`; `poison` among them cannot be migrated; none: the item is dropped. */
export const migration = defineMigration({
  id: 'move',
  title: 'Moves items to the keys they name',
  applies: () => true,
  source: anything,
  target: anything,
  up(item) {
    const { to, ...rest } = item as { to: string[] }
    if (to.includes('poison')) throw new Error('poison')
    return to.map((pk) => ({ ...rest, pk }))
  },
})

/** A source item. */
export const item = (pk: string, to: string[], v = 1): Attributes => ({
  pk: { S: pk },
  v: { N: `${v}` },
  to: { L: to.map((S) => ({ S })) },
})
/** What it becomes. */
export const output = (pk: string, v = 1): Attributes => ({ pk: { S: pk }, v: { N: `${v}` } })
export const key = (pk: string): Key => ({ pk: { S: pk } })
export const seq = (n: number) => `${n}`.padStart(40, '0')

export function record(n: number, change: { old?: Attributes; new?: Attributes }, at = 0): StreamRecord {
  const of = keyOf(schema, (change.new ?? change.old) as Attributes) as Key
  return { key: of, seq: seq(n), at, ...change }
}

/** Two tables, a ledger with one run whose copy is done, and a clock that moves when somebody sleeps. */
export async function world() {
  const time = { now: 1_700_000_000_000 }
  const events: EngineEvent[] = []
  const source = memoryTable(schema, 'source')
  const destination = memoryTable(schema, 'destination')
  const ledger = memoryLedgerTable()
  const runtime = {
    clock: () => time.now,
    random: () => 0.5,
    sleep: async (ms: number) => {
      time.now += ms
    },
    emit: (event: EngineEvent) => void events.push(event),
  }
  const engine: LiveEngine = {
    run,
    schema,
    migrations: [migration],
    source,
    tables: memoryLiveTables(destination, ledger),
    ledger,
    runtime,
  }
  const record: RunRecord = {
    id: run,
    state: 'running',
    phase: 'Copy',
    source: 'source',
    destination: 'destination',
    schema,
    codeHash: 'code',
    pending: ['move'],
    segments: 1,
    split: true,
    planned: true,
    execution: 'execution',
    fence: 1,
    startedAt: time.now,
  } as RunRecord
  await createRun(ledger, record)
  await writeControl(ledger, run, undefined, { command: 'run', fence: 1 })
  await writeLease(ledger, undefined, {
    table: 'destination',
    held: true,
    run,
    execution: 'execution',
    fence: 1,
    since: time.now,
  })
  const chunk = newChunk(run, 'copy', 's00000', { kind: 'segment', segment: 0, totalSegments: 1 }, time.now)
  await createChunks(ledger, [{ ...chunk, state: 'done' }])
  const control = async (change: object) => {
    const before = await readControl(ledger, run)
    await writeControl(ledger, run, before, { ...before, ...change })
  }
  return {
    time,
    events,
    source,
    destination,
    ledger,
    engine,
    run: await getRun(ledger, run),
    /** Changes the control row, say to be quiet. */
    control,
    /** Everything in the destination, by key. */
    items: () => Object.fromEntries(destination.items().map((each) => [(each.pk as { S: string }).S, each])),
  }
}
