import type { Terminal } from '../../../cli/terminal.ts'
import type { RangeChunk } from '../../../shared/chunks/chunk.ts'
import { segmentsFor } from '../../../shared/chunks/segments.ts'
import type { KeySchema } from '../../../shared/dynamodb/key.ts'
import { type ChunkRecord, createChunks, newChunk } from '../../../shared/ledger/chunks.ts'
import { writeControl } from '../../../shared/ledger/control.ts'
import { type Lease, readLease, writeLease } from '../../../shared/ledger/lease.ts'
import type { PassId } from '../../../shared/ledger/passes.ts'
import { createRun, type RunRecord } from '../../../shared/ledger/runs.ts'
import type { LedgerTable } from '../../../shared/ledger/table.ts'
import { noTallies, type Tallies } from '../../../shared/ledger/tallies.ts'
import type { Mapping } from '../../../shared/live/ports.ts'
import type { OperatorEngine } from '../../../shared/operator/engine.ts'
import type { ExecutionView } from '../../../shared/operator/status/verdict.ts'
import type { Runtime } from '../../../shared/runtime/ports.ts'
import { memoryLedgerTable } from '../../memory/ledger-table.ts'
import { memoryTable } from '../../memory/table.ts'

const schema: KeySchema = { pk: { name: 'pk', type: 'S' }, sk: { name: 'sk', type: 'S' } }
export const start = Date.UTC(2026, 10, 21, 1, 0, 0)
export const hotKey = 'S:section-outbox|docket'

/** A run of two segments that began at {@link start}. */
export function aRun(change: Partial<RunRecord> = {}): RunRecord {
  return {
    id: 'run00001',
    state: 'running',
    phase: 'Copy',
    source: 'alpha',
    destination: 'beta',
    schema,
    codeHash: 'hash',
    pending: ['2021-09-11-split-cases'],
    segments: 2,
    split: true,
    offline: false,
    planned: true,
    execution: 'arn:run:one',
    fence: 1,
    startedAt: start,
    ...change,
  }
}

/** The root chunk of a segment that has read so many items. */
export function aSegment(segment: 0 | 1, read: number, change: Partial<ChunkRecord> = {}): ChunkRecord {
  const { id, chunk } = segmentsFor(2)[segment]!
  const tallies = { ...noTallies, read, migrated: read, produced: read, written: read }
  return { ...newChunk('run00001', 'copy', id, chunk, start), tallies, ...change }
}

/** Both segments of a walk after the copy, done; the tallies are those of the first, the second met nothing. */
export function aWalk(pass: PassId, tallies: Partial<Tallies>): ChunkRecord[] {
  const done = { pass, state: 'done' } as const
  return [aSegment(0, 0, { ...done, tallies: { ...noTallies, ...tallies } }), aSegment(1, 0, done)]
}

/** A range of the hot key. */
export function aRange(id: string, read: number, change: Partial<ChunkRecord> = {}): ChunkRecord {
  const chunk: RangeChunk = { kind: 'range', pk: { S: 'section-outbox|docket' } }
  return { ...aSegment(0, read), id, chunk, ...change }
}

export async function store(
  ledger: LedgerTable,
  run: RunRecord,
  chunks: ChunkRecord[],
  lease: Partial<Lease> = {},
): Promise<void> {
  const held = { table: run.destination, held: true, run: run.id, execution: run.execution, fence: 1, since: start }
  await writeLease(ledger, await readLease(ledger, run.destination), { ...held, ...lease })
  await createRun(ledger, run)
  await writeControl(ledger, run.id, undefined, { command: 'run', fence: 1 })
  await createChunks(ledger, chunks)
}

/** A deployment in memory whose clock only sleeping moves. `views` says how executions stand; each is running unless named. */
export function memoryWorld() {
  const ledger = memoryLedgerTable()
  const tables = { alpha: memoryTable(schema, 'alpha'), beta: memoryTable(schema, 'beta') }
  const views: Record<string, ExecutionView> = {}
  const started: object[] = []
  const names = new Set<string>()
  const state = {
    now: start + 60_000,
    itemCount: 1_000,
    running: undefined as string | undefined,
    mapping: 'Enabled' as Awaited<ReturnType<Mapping['state']>>,
    /** The executions that were stopped. */
    stopped: [] as string[],
    /** Who gives the commands. */
    identity: 'alice' as string | undefined,
  }
  /** What the mapping was told, in order. */
  const told: boolean[] = []
  /** What happens during the next sleeps, in order. */
  const meanwhile: (() => Promise<void> | void)[] = []
  const runtime: Runtime = {
    clock: () => state.now,
    random: () => 0,
    sleep: async (ms) => {
      state.now += ms
      if (state.now > start + 3_600_000) throw new Error('Expected the command to end, but it waits for ever')
      await meanwhile.shift()?.()
    },
    emit: () => {},
  }
  const world: OperatorEngine = {
    deployment: {
      name: 'stack Night',
      flag: '',
      account: '000000000000',
      region: 'us-east-1',
      sourceTable: 'alpha',
      destinationTable: 'beta',
      sourceStream: 'arn:stream:alpha',
    },
    ledger,
    switches: memoryLedgerTable(),
    executions: {
      describe: async (arn) => views[arn] ?? { status: 'running' },
      running: async () => (state.running === undefined ? { kind: 'no' } : { kind: 'yes', execution: state.running }),
      stop: async (arn) => {
        state.stopped.push(arn)
        views[arn] = { status: 'ended', ended: 'ABORTED' }
      },
      start: async (input, name = 'new') => {
        const execution = `arn:run:${name}`
        const isNew = name === 'new' || !names.has(name)
        names.add(name)
        if (isNew) started.push(input)
        return { execution, isNew }
      },
    },
    describeTable: async (name) => ({
      name,
      arn: `arn:aws:dynamodb:eu-west-1:111122223333:table/${name}`,
      schema,
      status: 'ACTIVE',
      itemCount: name === 'alpha' ? state.itemCount : 0,
      sizeBytes: 0,
      stream: { arn: `arn:stream:${name}`, viewType: 'NEW_AND_OLD_IMAGES' },
    }),
    identity: async () => state.identity,
    openTable: ({ name }) => tables[name as keyof typeof tables],
    mapping: {
      state: async () => state.mapping,
      set: async (enabled) => {
        told.push(enabled)
        state.mapping = 'changing'
      },
    },
    runtime,
  }
  return { world, ledger, tables, views, started, state, told, meanwhile }
}

/** A terminal that remembers; not interactive unless asked. With `answer` it asks, and is always answered so. */
export function memoryTerminal(interactive = false, answer?: string) {
  const lines: string[] = []
  const errors: string[] = []
  const drawn: string[][] = []
  const asked: string[] = []
  const terminal: Terminal = {
    line: (text) => void lines.push(text),
    error: (text) => void errors.push(text),
    draw: (now) => void drawn.push(now),
    ...(answer !== undefined && {
      ask: async (question: string) => {
        asked.push(question)
        return answer
      },
    }),
    interactive,
    columns: 80,
    colour: (_, text) => text,
  }
  return { terminal, lines, errors, drawn, asked }
}
