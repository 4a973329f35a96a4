import { compareAndSet } from './compare-and-set.ts'
import type { LedgerTable, Row } from './table.ts'

/** Whether an alarm of one kind is on for a destination, and what was told of it. Times are ms since the epoch. */
export interface Alert {
  kind: string
  on: boolean
  /** The run that it is about. */
  run: string
  /** Since when it stands so, by what was judged. */
  since: number
  /** When people were told last. */
  toldAt: number
  /** Messages so far: with the kind it names each message, however often that is delivered. */
  messages: number
  /** A message that nobody has confirmed to be sent; whoever took it at `takenAt` may have died. */
  pending?: AlertEvent
  takenAt?: number
  /** Each write raises it. */
  version: number
}

/** `again`: it is still on, half an hour after people were told last. */
export type AlertEvent = 'onset' | 'again' | 'end'

const alertPk = (table: string) => `ALERT#${table}`

export async function readAlerts(ledger: LedgerTable, table: string): Promise<Alert[]> {
  const rows = await ledger.query(alertPk(table), '')
  return rows.map(toAlert)
}

/**
 * Changes the alert of a kind by compare and set.
 * @param change returns `undefined` to change nothing.
 * @returns the alert as it was stored; `undefined` if nothing was.
 */
export function changeAlert(
  ledger: LedgerTable,
  table: string,
  kind: string,
  change: (alert: Alert | undefined) => Omit<Alert, 'version' | 'kind'> | undefined,
): Promise<Alert | undefined> {
  return compareAndSet<Alert | undefined>(`Alert ${kind} of ${table}`, async () => {
    const row = await ledger.get(alertPk(table), kind)
    const before = row && toAlert(row)
    const changed = change(before)
    if (!changed) return { done: undefined }
    const next: Alert = { ...changed, kind, version: (before?.version ?? 0) + 1 }
    const put: Row = { pk: alertPk(table), sk: kind, ...next }
    const isStored = await ledger.commit([{ row: put, expect: before ? { version: before.version } : 'absent' }])
    return isStored ? { done: next } : undefined
  })
}

function toAlert({ pk: _pk, sk: _sk, ...alert }: Row): Alert {
  return alert as unknown as Alert
}
