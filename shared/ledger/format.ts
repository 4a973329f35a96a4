import { LedgerError } from './errors.ts'
import type { Row } from './table.ts'

/**
 * The format of the ledger's rows, a whole number that grows when their meaning changes. It is on the rows by which
 * everybody comes in, the lease's and the run's; a row without a number is of format 1, from before there was one.
 */
export const ledgerFormat = 2

/** Formats whose rows this version reads: it makes of an older row what it means now. */
const readFormats: unknown[] = [1, ledgerFormat]

/**
 * The rest of a row of a format that this version reads.
 * @throws LedgerError `other-format` where the ledger is of another version of Segue.
 */
export function ofThisFormat({ format = 1, ...rest }: Row): Row {
  if (readFormats.includes(format)) return rest
  throw new LedgerError(
    'other-format',
    `This ledger is of format ${format}, and this version of Segue reads format ${ledgerFormat}. Nothing was changed. Use the version of Segue that wrote it, in the deployment and on the command line.`,
  )
}
