import { runKeyPk } from './keys.ts'
import type { LedgerTable, Put } from './table.ts'

/** The run that a pipeline's key has begun into a table; `undefined` if it has begun none. The row stays for good. */
export async function runOfKey(ledger: LedgerTable, table: string, key: string): Promise<string | undefined> {
  return (await ledger.get(runKeyPk(table), `KEY#${key}`))?.run as string | undefined
}

/** A put that holds only once: of all executions with this key, one begins a run. */
export function runKeyPut(table: string, key: string, run: string): Put {
  return { row: { pk: runKeyPk(table), sk: `KEY#${key}`, run }, expect: 'absent' }
}
