import { readCoverage } from '../facts/coverage.ts'
import { type Difference, listDifferences } from '../ledger/differences.ts'
import { type Lag, readLag } from '../ledger/lag.ts'
import type { PassKind } from '../ledger/passes.ts'
import { getRun, type RunRecord } from '../ledger/runs.ts'
import type { OperatorEngine } from './engine.ts'
import { OperatorError } from './errors.ts'
import { lastRun } from './last-run.ts'
import { type DifferenceGroup, groupDifferences, readDifferenceGroups } from './status/differences.ts'

/** Said of a verification whose rows have expired. */
export const forgottenWords = 'The result of the last verification is no longer known'

/** The differences that the last verification has listed so far. */
export interface LastVerification {
  run: RunRecord
  number: number
  ended: boolean
  groups: DifferenceGroup[]
  /** Every difference, only where asked for: the list may not fit into memory. */
  differences?: Difference[]
  /** Destination items that could not be traced to a source item: a migration has no inverse, or its inverse fails. */
  unchecked: number
  /** How far live changes were behind when last checked. */
  lag: Lag | undefined
}

/**
 * Reads the result of the last verification.
 * @throws OperatorError `no-run`, or `not-verified` where no verification of the last run has begun, or its rows have expired.
 */
export async function lastVerification(
  engine: Pick<OperatorEngine, 'ledger' | 'deployment'>,
  { keys }: { keys: boolean },
): Promise<LastVerification> {
  const { ledger, deployment } = engine
  const run = await getRun(ledger, await lastRun(engine))
  if (!run.verification)
    throw new OperatorError(
      'not-verified',
      `Run ${run.id} has not reached its verification yet. See: segue status${deployment.flag}`,
    )
  const { number, ended } = run.verification
  const coverage = (kind: PassKind) => readCoverage(ledger, run, kind)
  const [lag, verify, orphans] = await Promise.all([readLag(ledger, run.id), coverage('verify'), coverage('orphans')])
  if (ended && !(verify.complete && orphans.complete))
    throw new OperatorError(
      'not-verified',
      `${forgottenWords}. Verify again with: segue verify --wait${deployment.flag}`,
    )
  const last = { run, number, ended, unchecked: orphans.tallies.unchecked, lag }
  if (!keys) return { ...last, groups: await readDifferenceGroups(ledger, run.id, number) }
  const differences = await listDifferences(ledger, run.id, number)
  return { ...last, groups: groupDifferences(differences), differences }
}
