import type { TableMarks } from './ports.ts'
import { Refusal } from './refusal.ts'

/** The tag by which a table names the ledger that knows which migrations its data has been through. */
export const ledgerTag = 'segue:ledger'

/**
 * A ledger that knows nothing of a table would take all its data for unmigrated. So a destination names its ledger, and a source that
 * names another one is refused.
 * @throws Refusal `other-ledger`, naming it.
 */
export async function refuseOtherLedger(source: string, { ledgerName, ledgerOfSource }: TableMarks): Promise<void> {
  const other = await ledgerOfSource()
  if (other === undefined || other === ledgerName) return
  throw new Refusal(
    'other-ledger',
    `Table ${source} was filled by a run of another ledger, ${other}, which knows the migrations that its data has been through; this one, ${ledgerName}, does not. Hand that ledger to the construct (\`ledger\`) and deploy. If the data has been through none, remove the tag \`${ledgerTag}\` from the table.`,
  )
}
