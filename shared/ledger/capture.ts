import { runPk } from './keys.ts'
import type { LedgerTable, Row } from './table.ts'

/** Since when a run follows the stream. Times are milliseconds since the epoch. */
export interface Capture {
  /**
   * Changes from before are seen by copy, changes from then on are applied from the stream. Never moved: what happened since
   * must not be trimmed unread.
   */
  since: number
  /** ARN of the stream: one that is turned off and on again is another, and what happened in between is in neither. */
  stream: string
  /** Copy begins then, or once the mapping is on where that takes longer. Of a run that was begun by an earlier version absent. */
  copyFrom?: number
  /** Since when live changes are refused, on purpose; absent while they ought to be applied. */
  off?: number
}

export async function readCapture(ledger: LedgerTable, run: string): Promise<Capture | undefined> {
  const row = await ledger.get(runPk(run), 'CAPTURE')
  if (!row) return undefined
  const { pk: _pk, sk: _sk, ...capture } = row
  return capture as unknown as Capture
}

/**
 * Remembers since when changes are the stream's, and that they ought to be applied; asking again changes nothing, and tells
 * what is remembered.
 */
export async function beginCapture(
  ledger: LedgerTable,
  run: string,
  capture: Pick<Capture, 'since' | 'stream' | 'copyFrom'>,
): Promise<Capture> {
  await ledger.commit([{ row: { pk: runPk(run), sk: 'CAPTURE', ...capture }, expect: 'absent' }])
  const { off, ...on } = (await readCapture(ledger, run)) as Capture
  if (off !== undefined) await ledger.commit([{ row: { pk: runPk(run), sk: 'CAPTURE', ...on }, expect: { off } }])
  return on
}

/**
 * Records that live changes are turned off on purpose: from now on they are refused. The first time stands.
 * @returns since when they are off; nothing where they were never on.
 */
export async function endCapture(ledger: LedgerTable, run: string, off: number): Promise<number | undefined> {
  const capture = await readCapture(ledger, run)
  if (!capture || capture.off !== undefined) return capture?.off
  const row: Row = { pk: runPk(run), sk: 'CAPTURE', ...capture, off }
  if (await ledger.commit([{ row, expect: { since: capture.since, off: undefined } }])) return off
  return (await readCapture(ledger, run))?.off
}

/** Takes back what {@link endCapture} recorded at this time, if it still stands. */
export async function keepCapture(ledger: LedgerTable, run: string, off: number): Promise<void> {
  const { off: _, ...on } = (await readCapture(ledger, run)) ?? {}
  await ledger.commit([{ row: { pk: runPk(run), sk: 'CAPTURE', ...on }, expect: { off } }])
}
