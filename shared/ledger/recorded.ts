import type { LedgerTable } from './table.ts'

/** How far the audit has come: so many phases of this run are in it. */
export interface RecordedTo {
  run: string
  phases: number
}

const recordedPk = (destination: string) => `RECORDED#${destination}`

export async function readRecorded(ledger: LedgerTable, destination: string): Promise<RecordedTo | undefined> {
  const row = await ledger.get(recordedPk(destination), 'RECORDED')
  return row && { run: row.run as string, phases: row.phases as number }
}

/** No condition is needed: from an earlier place on only rows are added that are there. */
export async function writeRecorded(ledger: LedgerTable, destination: string, to: RecordedTo): Promise<void> {
  await ledger.commit([{ row: { pk: recordedPk(destination), sk: 'RECORDED', ...to }, expect: 'any' }])
}
