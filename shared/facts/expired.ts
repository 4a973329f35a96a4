import { keepDays } from '../ledger/keys.ts'
import type { RunRecord } from '../ledger/runs.ts'
import type { Coverage } from './coverage.ts'

/** Why a copy that was planned cannot be gone on with: nobody knows any more what it did, and planning it anew would do it again. */
export function whyExpired({ id, planned, destination }: RunRecord, { missing }: Coverage): string | undefined {
  if (!planned || missing.length === 0) return undefined
  return `${missing.length} chunks of the copy of run ${id} have no row any more, the first is ${missing[0]}: the ledger keeps them for ${keepDays} days. Turn live changes off (\`segue capture off\`), empty ${destination} and start a new run.`
}
