import { quietAfter, readCoverage } from '../facts/coverage.ts'
import { enterPhase } from '../facts/phase.ts'
import { type Build, beginBuildQuiet, isGivenUp } from '../ledger/builds.ts'
import { compareAndSet } from '../ledger/compare-and-set.ts'
import { commandAt, readControl } from '../ledger/control.ts'
import { type Code, isAborted, isDriving, type Stopped, stopReason } from '../ledger/fencing.ts'
import { getRun, type RunRecord } from '../ledger/runs.ts'
import type { LedgerTable } from '../ledger/table.ts'
import { LiveError } from '../live/errors.ts'
import { type ListPlace, type ListsOutcome, workThrough } from '../live/list-work.ts'
import { ticketLists } from '../live/tickets/bury.ts'
import type { TicketEngine } from '../live/tickets/engine.ts'
import { isWhole } from '../live/tickets/whole.ts'
import type { LoadedIndex } from '../migrations/load-indices.ts'
import type { Deadline, Runtime } from '../runtime/ports.ts'
import { SearchError } from '../search/errors.ts'
import type { Search } from '../search/ports.ts'
import { retryingSearch } from '../search/retrying-search.ts'
import { type Ended, endStopped, haltRun } from './halt.ts'
import { newestBuildOf, whyIndexLost } from './index-lost.ts'
import { settingsAfterwards } from './index-settings.ts'
import { machineWaitSeconds } from './waits.ts'

export interface BuryEngine {
  ledger: LedgerTable
  runtime: Runtime
  deadline: Deadline
  /** The definitions of this deployment. */
  code: Code
  definitions: readonly LoadedIndex[]
  /** Without retries. */
  search: Search
  /** Brings changed items into a build. */
  tickets(build: Build): Promise<TicketEngine>
}

export type Buried =
  | { outcome: 'buried' }
  | { outcome: 'more'; from: ListPlace }
  | { outcome: 'waiting'; from: ListPlace; seconds: number }
  | Ended

type Task = { run: string; fence: number; from: ListPlace }

/**
 * Waits until no document of the pass can land, then deletes once more the documents of items that were deleted meanwhile, from
 * place `from` on: the pass may have brought them back. Then gives the indices the settings of their definitions.
 */
export async function buryRun(task: Task, engine: BuryEngine): Promise<Buried> {
  const run = await enterPhase(task, 'Bury', engine)
  const quiet = await beginIndexQuiet(task, engine)
  if (quiet.outcome === 'waiting')
    return { outcome: 'waiting', from: task.from, seconds: machineWaitSeconds(quiet.seconds) }
  const found = quiet.outcome === 'quiet' ? await bury(task, quiet.build, engine) : quiet
  switch (found.outcome) {
    case 'done':
      return { outcome: 'buried' }
    case 'more':
      return found
    case 'stopped': {
      const lost = found.reason === 'index lost' ? await whyIndexLost(run, engine.ledger) : undefined
      return lost ? haltRun({ ...task, ...lost }, engine) : endStopped(task, 'Burying', found.reason, engine)
    }
  }
}

async function bury(task: Task, build: Build, engine: BuryEngine): Promise<ListsOutcome> {
  const { ledger, runtime, code, deadline } = engine
  const search = retryingSearch(engine.search, runtime)
  const intact = () => isWhole(build, { search, ledger, runtime })
  if (!(await intact())) return lost
  const whyStop = stopReason(ledger, task, code, runtime.clock)
  try {
    const walked = await workThrough(ticketLists(await engine.tickets(build)), task.from, { ledger, deadline, whyStop })
    if (walked.outcome !== 'done') return walked
    for (const { alias, settings } of engine.definitions)
      await search.putSettings(build.indices[alias]!.name, settingsAfterwards(settings))
    return walked
  } catch (error) {
    if (SearchError.is(error) && error.code === 'search-not-found' && !(await intact())) return lost
    throw error
  }
}

const lost: Stopped = { outcome: 'stopped', reason: 'index lost' }

type Quiet = { outcome: 'quiet'; build: Build } | { outcome: 'waiting'; seconds: number } | Stopped

/**
 * Records that no document of the pass can land in the newest build of a run, once that is so. It is never taken back: nothing
 * more is planned for the pass of this build. Whoever takes tickets may learn of it later, and is none the worse.
 * @throws LiveError `copy-open` when the pass has not ended: the state machine prevents this, so waiting would not help.
 */
function beginIndexQuiet(task: Task, { ledger, runtime }: BuryEngine): Promise<Quiet> {
  return compareAndSet<Quiet>(`The newest build of run ${task.run}`, async () => {
    const [run, control] = await Promise.all([getRun(ledger, task.run), readControl(ledger, task.run)])
    if (!isDriving(task, run) || control.fence !== task.fence) return { done: { outcome: 'stopped', reason: 'fenced' } }
    if (isAborted(run, control)) return { done: { outcome: 'stopped', reason: 'aborted' } }
    if (commandAt(control, runtime.clock()) === 'pause') return { done: { outcome: 'stopped', reason: 'paused' } }
    const build = await newestBuildOf(run, ledger)
    if (isGivenUp(build)) return { done: lost }
    if (build.quiet) return { done: { outcome: 'quiet', build } }
    const leftMs = await quietInMs(run, ledger, runtime)
    if (leftMs >= 0) return { done: { outcome: 'waiting', seconds: Math.floor(leftMs / 1000) + 1 } }
    const begun = await beginBuildQuiet(ledger, { run, control }, build)
    return begun && { done: { outcome: 'quiet', build: begun } }
  })
}

/** How long documents of the pass may still land, ms; below 0 if none can. */
async function quietInMs(run: RunRecord, ledger: LedgerTable, { clock }: Runtime): Promise<number> {
  const coverage = await readCoverage(ledger, run, 'index')
  if (!coverage.complete)
    throw new LiveError(
      'copy-open',
      `Run ${run.id} cannot bury: chunks of its index are not done (${coverage.open} open, ${coverage.failed.length} failed). Finish the index first.`,
    )
  const after = quietAfter(coverage)
  return after === undefined ? -1 : after - clock()
}
