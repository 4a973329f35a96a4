import type { TableSchema } from '../dynamodb/key.ts'
import type { Clock, Random } from '../runtime/ports.ts'
import { compareAndSet } from './compare-and-set.ts'
import { LedgerError } from './errors.ts'
import { ledgerFormat, ofThisFormat } from './format.ts'
import { runPk } from './keys.ts'
import type { Phase } from './passes.ts'
import { type Because, mayChange, type RunState, runTransitions } from './states.ts'
import type { LedgerTable, LedgerValue, Put, Row } from './table.ts'

/** The TableId of each table of the run, by its role. */
export type TableIds = {
  source?: string
  destination?: string
}

/** What is done to a finished run, which stays finished meanwhile. It goes with its end. */
export type RunTask = {
  kind: 'verify' | 'repair' | 'index'
  state: 'running' | 'stopped'
  /** Where it has stopped. */
  because?: Because
}

/** The ledger's record of one run. Times are milliseconds since the epoch. */
export interface RunRecord {
  id: string
  state: RunState
  /** Where it has stopped. */
  because?: Because
  /** Of a finished run. */
  task?: RunTask
  /** The phase entered last, named as in the console. */
  phase: Phase
  /**
   * The phases entered, with times, in order. In a run that is verified very often, the oldest verifications are left
   * out.
   */
  phases?: { phase: Phase; at: number }[]
  /** How many entries were left out of `phases`. No value: none. */
  phasesLeftOut?: number
  source: string
  destination: string
  /** Their TableIds, as far as they were known when the run began. */
  tableIds?: TableIds
  /** Schema of the destination; the source has the same key. Its indexes are those it had when the run began. */
  schema: TableSchema
  /** Hash of the migrations that this run began with. Other code may not continue it. */
  codeHash: string
  /** Ids of the migrations this run applies, in order. */
  pending: string[]
  segments: number
  split: boolean
  /** Slices that it wants at work at once. No value: all that the deployment has. */
  concurrency?: number
  /** The pipeline's key that the run was begun with. */
  key?: string
  /** Live changes are not captured: nothing may change the source while this run copies. */
  offline: boolean
  /** All chunk rows of the copy exist. */
  planned: boolean
  /** How many partition keys are roots of their own, by pass; none where it is absent. */
  wholeKeys?: { [pass: string]: number }
  /** Tables whose scans returned sort keys that do not ascend within a partition key. They are not split. */
  unordered?: ('source' | 'destination')[]
  /** The verification begun last. */
  verification?: { number: number; ended: boolean }
  /** The newest build of indices, and the hash of the definitions that it began with. No value: none was begun. */
  index?: { build: number; hash: string }
  /** ARN of the execution that drives the run now, and the fence of its lease. */
  execution: string
  fence: number
  /** Fence of the newest lease taken by functions that obey a budget. No value: by none. */
  budgetFence?: number
  startedAt: number
  endedAt?: number
  /** Why the run or its task halted, for people, and the code. Rows of an earlier version have no code. */
  reason?: string
  error?: string
}

/** A new run id: 8 characters of [0-9a-z], ordered by time to the second, fit for the names of executions. */
export function newRunId(clock: Clock, random: Random): string {
  const seconds = Math.floor(clock() / 1000).toString(36)
  const chance = Math.floor(random() * 36 ** 2)
    .toString(36)
    .padStart(2, '0')
  return (seconds + chance).slice(-8).padStart(8, '0')
}

/** Stores a new run; returns `false` when the id is taken. */
export function createRun(ledger: LedgerTable, run: RunRecord): Promise<boolean> {
  return ledger.commit([runPut(undefined, run)])
}

/** @throws LedgerError `row-missing` when there is no such run, `other-format` as {@link ofThisFormat} does. */
export async function getRun(ledger: LedgerTable, id: string): Promise<RunRecord> {
  return (await readRun(ledger, id)).run
}

/** A run; `undefined` if there is no such run. @throws LedgerError `other-format`. */
export async function findRun(ledger: LedgerTable, id: string): Promise<RunRecord | undefined> {
  const row = await ledger.get(runPk(id), 'RUN')
  return row && toRecord(row)
}

/** A run, and the version of its row. @throws LedgerError as {@link getRun} does. */
export async function readRun(ledger: LedgerTable, id: string): Promise<{ run: RunRecord; version: number }> {
  const row = await ledger.get(runPk(id), 'RUN')
  if (!row)
    throw new LedgerError('row-missing', `There is no run ${id} in this ledger. \`segue status\` shows the last one.`)
  return { run: toRecord(row), version: row.version as number }
}

/**
 * A put that replaces the run that was read.
 * @throws LedgerError `illegal-transition` for a state that {@link runTransitions} does not allow.
 */
export function runPut(read: RunRecord | undefined, next: RunRecord, version = 0): Put {
  if (!read) return { row: toRow(next), expect: 'absent' }
  if (next.state !== read.state && !mayChange(runTransitions, read.state, next.state))
    throw new LedgerError('illegal-transition', `Run ${next.id} is ${read.state} and cannot become ${next.state}.`)
  return { row: toRow(next, version + 1), expect: { version } }
}

/**
 * Changes a run by compare and set; retries when another writer changed it in between.
 * @throws LedgerError `illegal-transition` when `change` asks for a state that {@link runTransitions} does not allow;
 * `lost-race` when other writers kept changing it.
 */
export async function updateRun(
  ledger: LedgerTable,
  id: string,
  change: (run: RunRecord) => RunRecord,
): Promise<RunRecord> {
  return compareAndSet(`Run ${id}`, async () => {
    const { run: before, version } = await readRun(ledger, id)
    const after = change(before)
    if (after === before) return { done: before }
    return (await ledger.commit([runPut(before, after, version)])) ? { done: after } : undefined
  })
}

function toRow({ schema, ...run }: RunRecord, version = 1): Row {
  return {
    pk: runPk(run.id),
    sk: 'RUN',
    version,
    format: ledgerFormat,
    schema: schema as unknown as LedgerValue,
    ...run,
  }
}

function toRecord(row: Row): RunRecord {
  const { pk: _pk, sk: _sk, version: _version, ...rest } = ofThisFormat(row)
  return (row.format === ledgerFormat ? rest : ofFormat1(rest)) as unknown as RunRecord
}

/**
 * In format 1 a run that stopped was `halted`, and one that was verified or repaired after its finish was no longer
 * finished.
 */
function ofFormat1(row: Omit<Row, 'pk' | 'sk'>): object {
  const { state, phase, phases = [] } = row as unknown as { state: string } & Pick<RunRecord, 'phase' | 'phases'>
  const last = (name: Phase) => phases.findLastIndex((entry) => entry.phase === name)
  const stopped = state === 'halted' ? ({ state: 'stopped', because: 'halted' } as const) : { state }
  if (state === 'finished' || last('Finished') <= last('Copy')) return { ...row, ...stopped }
  return { ...row, state: 'finished', task: { kind: phase === 'Repair' ? 'repair' : 'verify', ...stopped } }
}
