import { compareAndSet } from './compare-and-set.ts'
import { runPk } from './keys.ts'
import type { PassId } from './passes.ts'
import type { LedgerTable, Put } from './table.ts'

/** What an operator asked a run to do. */
export type Command = 'run' | 'pause' | 'abort'

/** The commands that people give. What the engine, its sweep and its timers do is not among them. */
export type Verb = 'run' | 'pause' | 'resume' | 'abort' | 'verify' | 'repair' | 'index' | 'unlock' | 'throttle'

/** A command as somebody gave it. */
export interface Given {
  verb: Verb
  /** ARN of whoever gave it, with the session name. No value: it could not be found out. */
  by?: string
  /** When, ms since the epoch, by their clock. */
  at: number
  why?: string
}

/** What the passes of a run may take, and who said so. It stays until somebody changes it, also over a resume. */
export type RunBudget = {
  /** Units a second, of both tables together; no value: no limit. */
  readUnits?: number
  writeUnits?: number
  by?: string
  at: number
  why?: string
}

/** How many slices share the budget: counted every minute, by the watchdog. */
export type Counted = {
  /** It holds for this pass, under this lease. */
  pass: PassId
  fence: number
  /** Slices that may be at work until the next count, at least 1. */
  slices: number
  /** When counting began, ms since the epoch. */
  at: number
}

/**
 * Every slice reads this row at every checkpoint. `fence` is the number of the lease in force: work that began under an
 * older lease must stop.
 */
export interface Control extends Partial<Given> {
  command: Command
  fence: number
  /**
   * Name of the current quiet period, in which no write of copy can land. No value while copy may write. Each period
   * has its own name: if copy has written in between, everything must be settled again.
   */
  quiet?: string
  /**
   * From when on the run is paused by itself, ms since the epoch. It ends with the execution that it was meant for, and with
   * a pause.
   */
  pauseAt?: number
  /** When the sweep first saw the abort, ms since the epoch, by its own clock. No value for another command. */
  abortSeen?: number
  /**
   * Each write raises it, so that a row that was changed and changed back is not taken for the one that was read. Rows
   * of an earlier version have no value.
   */
  rev?: number
  /** How many commands people gave. `verb`, `by`, `at` and `why` are those of the last one. No value: none. */
  version?: number
  /** What its passes may take of the tables. No value: no limit. */
  budget?: RunBudget
  /** How many slices share that. No value: not counted yet. */
  counted?: Counted
}

/** The command in force at a moment: a pause that was asked for ahead of time begins by itself. */
export function commandAt({ command, pauseAt }: Control, now: number): Command {
  return command === 'run' && pauseAt !== undefined && now >= pauseAt ? 'pause' : command
}

/** The same row without a time to pause at. */
export function withoutTime({ pauseAt: _, ...control }: Control): Control {
  return control
}

/** The control row, with whatever a newer version of Segue may have added; fence 0 if there is none yet. */
export async function readControl(ledger: LedgerTable, run: string): Promise<Control> {
  const { pk: _pk, sk: _sk, ...stored } = (await ledger.get(runPk(run), 'CONTROL')) ?? {}
  return { command: 'run', fence: 0, ...stored }
}

/**
 * The same row after somebody gave a command. What followed from another command before, such as when an abort was seen, is
 * gone. A time to pause at stays: whoever unlocks the run may not end it.
 */
export function withCommand(control: Control, command: Command, given: Given): Control {
  const { abortSeen, by: _b, why: _w, ...rest } = control
  const isStill = command === control.command && abortSeen !== undefined
  return { ...rest, ...(isStill && { abortSeen }), ...given, command, version: (control.version ?? 0) + 1 }
}

/**
 * A put that replaces the control row that was read.
 * @param next made of the one that was read, so that no attribute is lost that this version does not know.
 */
export function controlPut(run: string, read: Control | undefined, next: Control): Put {
  const row = { pk: runPk(run), sk: 'CONTROL', ...next, rev: (read?.rev ?? 0) + 1 }
  if (!read || read.fence === 0) return { row, expect: 'absent' }
  const { rev, command, fence, quiet } = read
  return { row, expect: { rev, command, fence, quiet } }
}

/** Compare and set. Returns `false` when the row is no longer as it was read. */
export function writeControl(
  ledger: LedgerTable,
  run: string,
  read: Control | undefined,
  next: Control,
): Promise<boolean> {
  return ledger.commit([controlPut(run, read, next)])
}

/**
 * Changes the control row by compare and set. Starts over when another writer changed it in between.
 * @param change returns its argument where nothing is to change.
 * @returns the row as it is then.
 */
export function changeControl(
  ledger: LedgerTable,
  run: string,
  change: (control: Control) => Control,
): Promise<Control> {
  return compareAndSet(`The control row of run ${run}`, async () => {
    const read = await readControl(ledger, run)
    const next = change(read)
    return next === read || (await writeControl(ledger, run, read, next)) ? { done: next } : undefined
  })
}
