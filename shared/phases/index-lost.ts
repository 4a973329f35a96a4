import { resumeCommand } from '../facts/resumable.ts'
import { type Build, getBuild, isGivenUp, type WhyBuildEnded } from '../ledger/builds.ts'
import type { RunRecord } from '../ledger/runs.ts'
import type { LedgerTable } from '../ledger/table.ts'
import type { HaltCode } from './halts.ts'

/** The newest build of a run. @throws LedgerError `row-missing` if it never began one. */
export function newestBuildOf(run: RunRecord, ledger: LedgerTable): Promise<Build> {
  return getBuild(ledger, { table: run.destination, run: run.id, n: run.index?.build ?? 1 })
}

/** Why the newest build of a run cannot become whole; `undefined` if it can. */
export async function whyIndexLost(
  run: RunRecord,
  ledger: LedgerTable,
): Promise<{ error: HaltCode; cause: string } | undefined> {
  const build = await newestBuildOf(run, ledger)
  if (!isGivenUp(build)) return undefined
  const why = build.because === undefined ? 'it was given up' : words[build.because]
  const cause = `Build ${build.n} of the search indices cannot become whole: ${why}. \`${resumeCommand(run)}\` begins another one; the tables are as they were. What is left of this one stays, under names that end in -${build.run}-${build.n}.`
  return { error: 'index-lost', cause }
}

const words: Record<WhyBuildEnded, string> = {
  replaced: 'one of them was deleted, or another one has its name or its alias',
  trimmed: 'the stream of the destination trimmed changes before they were in them',
  'stream changed':
    'the stream of the destination was turned off, so changes since then are missing from them; enable it and deploy with the ARN it has now',
  expired: 'it is older than the ledger keeps what it needs',
  refused: 'OpenSearch did not make them as they are defined',
  definitions: 'other definitions were deployed, and a build of those was begun',
}
