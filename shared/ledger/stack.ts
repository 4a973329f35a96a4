import type { LedgerTable } from './table.ts'

/** The stack that uses a ledger: one at a time does. */
export interface LedgerStack {
  /** Its StackId: a stack that is destroyed and deployed again has another. */
  stack: string
  /** When it began its first run with this ledger, ms since the epoch. */
  since: number
}

const key = { pk: 'STACK', sk: 'STACK' }

/** The stack that uses this ledger; `undefined` before the first run, and where only earlier versions have used it. */
export async function readLedgerStack(ledger: LedgerTable): Promise<LedgerStack | undefined> {
  const row = await ledger.get(key.pk, key.sk)
  return row && { stack: row.stack as string, since: row.since as number }
}

/** Compare and set. Returns `false` if the stack that used it is no longer as it was read. */
export function writeLedgerStack(
  ledger: LedgerTable,
  read: LedgerStack | undefined,
  next: LedgerStack,
): Promise<boolean> {
  return ledger.commit([{ row: { ...key, ...next }, expect: read ? { stack: read.stack } : 'absent' }])
}
