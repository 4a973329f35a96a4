import { coverageOf } from '../shared/facts/coverage.ts'
import { listChunks, type Walk } from '../shared/ledger/chunks.ts'
import { type Difference, listDifferences } from '../shared/ledger/differences.ts'
import { readLease } from '../shared/ledger/lease.ts'
import { getRun, type RunRecord } from '../shared/ledger/runs.ts'
import { type Lag, readLag } from '../shared/live/lag-row.ts'
import { type DifferenceGroup, groupDifferences, readDifferenceGroups } from '../shared/operator/status/differences.ts'
import { passOf } from '../shared/phases/plan-pass.ts'
import { CliError, noRun } from './errors.ts'
import type { World } from './world.ts'

/** Of a verification of which rows have expired. */
export const forgottenWords = 'What the last verification found is no longer known'

/** What the verification begun last has listed so far. */
export interface LastVerification {
  run: RunRecord
  number: number
  ended: boolean
  groups: DifferenceGroup[]
  /** Each of them, where they were asked for: a list may be longer than memory. */
  differences?: Difference[]
  /** Destination items of which it could not be told whether anything makes them. */
  unchecked: number
  /** How far live changes were behind when last looked at. */
  lag: Lag | undefined
}

/** @throws CliError `no-run`, or `not-verified` where no verification of the last run has begun, or its rows have expired. */
export async function lastVerification(
  { ledger, deployment }: World,
  { keys }: { keys: boolean },
): Promise<LastVerification> {
  const lease = await readLease(ledger, deployment.destinationTable)
  if (!lease) throw noRun(deployment)
  const run = await getRun(ledger, lease.run)
  if (!run.verification)
    throw new CliError(
      'not-verified',
      `Run ${run.id} has not come to its verification yet. See: segue status${deployment.flag}`,
    )
  const { number, ended } = run.verification
  const coverage = async (walk: Walk) => coverageOf(await listChunks(ledger, run.id, passOf(run, walk)), run.segments)
  const [lag, verify, orphans] = await Promise.all([readLag(ledger, run.id), coverage('verify'), coverage('orphans')])
  if (ended && !(verify.complete && orphans.complete))
    throw new CliError('not-verified', `${forgottenWords}. Verify again with: segue verify --wait${deployment.flag}`)
  const last = { run, number, ended, unchecked: orphans.tallies.unchecked, lag }
  if (!keys) return { ...last, groups: await readDifferenceGroups(ledger, run.id, number) }
  const differences = await listDifferences(ledger, run.id, number)
  return { ...last, groups: groupDifferences(differences), differences }
}
