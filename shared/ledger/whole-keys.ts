import type { KeyValue } from '../dynamodb/attributes.ts'
import { decodeKeyValue, encodeKeyValue } from '../dynamodb/key.ts'
import { LedgerError } from './errors.ts'
import { runPk } from './keys.ts'
import type { PassId } from './passes.ts'
import type { LedgerTable } from './table.ts'

/** Most whole keys of a pass: 100 partition keys of the longest kind (2,048 bytes) fit into one row. */
export const mostWholeKeys = 100

/**
 * Fixes the whole keys of a pass when it is planned: they are roots of its coverage, and the scan jumps over them. They
 * never change, so that planning twice, and every slice, sees the same.
 * @param choose the keys, if none are fixed yet.
 */
export async function fixWholeKeys(
  ledger: LedgerTable,
  run: string,
  pass: PassId,
  choose: () => Promise<KeyValue[]>,
): Promise<KeyValue[]> {
  const fixed = await find(ledger, run, pass)
  if (fixed) return fixed
  const keys = await choose()
  const row = { pk: runPk(run), sk: `WHOLE#${pass}`, keys: keys.map(encodeKeyValue) }
  if (await ledger.commit([{ row, expect: 'absent' }])) return keys
  return readWholeKeys(ledger, run, pass)
}

/** @throws LedgerError `row-missing`: without the keys a scan would read them a second time. */
export async function readWholeKeys(ledger: LedgerTable, run: string, pass: PassId): Promise<KeyValue[]> {
  const fixed = await find(ledger, run, pass)
  if (fixed) return fixed
  throw new LedgerError(
    'row-missing',
    `The ledger lacks the whole keys of pass ${pass} of run ${run}. Start a new run into an empty destination.`,
  )
}

async function find(ledger: LedgerTable, run: string, pass: PassId): Promise<KeyValue[] | undefined> {
  const row = await ledger.get(runPk(run), `WHOLE#${pass}`)
  return row && (row.keys as string[]).map(decodeKeyValue)
}
