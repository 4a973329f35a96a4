import { ledgerFormat, ofThisFormat } from './format.ts'
import { leasePk } from './keys.ts'
import type { LedgerTable, Put } from './table.ts'

/**
 * The right to run on one destination table. The row outlives the run: it names the last run and keeps `fence` growing.
 * `execution` is the ARN of the owner; Step Functions says whether it still runs.
 */
export interface Lease {
  table: string
  held: boolean
  run: string
  execution: string
  /** StackId of the stack whose execution that is. Leases of an earlier version have no value. */
  stack?: string
  fence: number
  /** Milliseconds since the epoch. */
  since: number
  /** No write of an earlier owner can land after this time. The next owner inherits it. */
  quietAfter?: number
  /** Runs that were last before this one and may not be fenced yet. */
  superseded?: string[]
}

/** @throws LedgerError `other-format` where the ledger is of another version of Segue. */
export async function readLease(ledger: LedgerTable, table: string): Promise<Lease | undefined> {
  const row = await ledger.get(leasePk(table), 'LEASE')
  if (!row) return undefined
  const { pk: _pk, sk: _sk, ...lease } = ofThisFormat(row)
  return lease as unknown as Lease
}

/** Compare and set on fence and holder. Returns `false` if another execution was first. */
export function writeLease(ledger: LedgerTable, read: Lease | undefined, next: Lease): Promise<boolean> {
  return ledger.commit([leasePut(read, next)])
}

/** A put that replaces the lease that was read, if fence and holder are as they were. */
export function leasePut(read: Lease | undefined, next: Lease): Put {
  return {
    row: { pk: leasePk(next.table), sk: 'LEASE', format: ledgerFormat, ...next },
    expect: read ? { fence: read.fence, held: read.held, execution: read.execution } : 'absent',
  }
}
