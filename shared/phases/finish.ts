import { quietAfter, readCoverage, talliesOf } from '../facts/coverage.ts'
import { differencesIn, foundBy } from '../facts/findings.ts'
import { passesOf } from '../facts/passes-of.ts'
import { notePhase } from '../facts/phase.ts'
import { isFinished } from '../facts/resumable.ts'
import { readApplied, writeApplied } from '../ledger/applied.ts'
import { buildPut, inState, isGivenUp } from '../ledger/builds.ts'
import { readCapture } from '../ledger/capture.ts'
import { readControl } from '../ledger/control.ts'
import { isAborted, isDriving } from '../ledger/fencing.ts'
import { endOwner } from '../ledger/owner.ts'
import { ofEach, type PassKind, passes, verificationPasses } from '../ledger/passes.ts'
import { countQuarantine } from '../ledger/quarantine.ts'
import { getRun, type RunRecord } from '../ledger/runs.ts'
import type { LedgerTable, Put } from '../ledger/table.ts'
import type { Runtime } from '../runtime/ports.ts'
import type { Halted } from './drain.ts'
import { type Ended, haltRun, notDriving, whyHalted } from './halt.ts'
import { newestBuildOf, whyIndexLost } from './index-lost.ts'

export interface Finished {
  outcome: 'finished'
  /** Quarantined items; their reasons are on the list. */
  quarantined: number
  /** Destination items that did not match the migrated source in the last verification; 0 if that stopped half-way. */
  differences: number
}

/** Whether live changes are behind is to be probed first: they may be the differences, and the last probe may be minutes old. */
export interface Probing {
  outcome: 'probe'
}

/**
 * Decides from the ledger how the run ended: finished if every pass covers its table and the tallies close, otherwise
 * halted and resumable. A repeated call returns the same, except for items that live changes have quarantined
 * meanwhile. If it found differences while live changes are captured, it asks for a probe of them.
 * @param task `probed`: they have been probed since the verification, as far as that was possible.
 */
export async function finishRun(
  task: { run: string; fence: number; probed?: boolean },
  engine: { ledger: LedgerTable; runtime: Runtime },
): Promise<Finished | Probing | Ended> {
  const { ledger, runtime } = engine
  const run = await getRun(ledger, task.run)
  const control = await readControl(ledger, run.id)
  const isRepeated = isFinished(run) && run.fence === task.fence
  if (!isRepeated && (!isDriving(task, run) || control.fence !== task.fence)) return notDriving(task, run)
  const covering = passesOf(run)
  const kinds = [...new Set([...covering, ...verificationPasses])]
  const coverages = await ofEach(kinds, (kind) => readCoverage(ledger, run, kind))
  for (const kind of isRepeated ? [] : covering) {
    const isStopping = isAborted(run, control)
    const lost = passes[kind].numbered === 'build' && !isStopping && (await whyIndexLost(run, ledger))
    const halted = lost || whyHalted(run, kind, coverages[kind], isStopping)
    if (halted) return haltRun({ ...task, ...halted }, engine)
  }
  const found = foundBy(talliesOf(coverages), await countQuarantine(ledger, run.id))
  const verifies = !isRepeated && covering.some((kind) => passes[kind].numbered === 'verification')
  // What a verification that stopped half-way has found is only a part.
  const isVerified = verifies || run.verification?.ended !== false
  const finished: Finished = {
    outcome: 'finished',
    quarantined: found.quarantined,
    differences: isVerified ? differencesIn(found) : 0,
  }
  if (isRepeated) return finished
  if (finished.differences > 0 && !task.probed && (await isCapturing(run, ledger))) return { outcome: 'probe' }
  const { source, destination, tableIds = {} } = run
  const applied = await readApplied(ledger, { name: source, id: tableIds.source })
  const result = { name: destination, id: tableIds.destination }
  await writeApplied(ledger, result, [...applied, ...run.pending], run.id)
  const endedAt = runtime.clock()
  // The build may be given up after its pass was checked: the run does not finish over it.
  const given: { up?: Halted | undefined } = {}
  const ended = await endOwner(
    ledger,
    task,
    ({ task: _, ...before }) => ({
      ...notePhase(before, 'Finished', endedAt),
      state: 'finished',
      phase: 'Finished',
      endedAt,
      ...(verifies && before.verification && { verification: { ...before.verification, ended: true } }),
    }),
    quietAfter({ lastDeadline: Math.max(0, ...covering.filter(writes).map((kind) => coverages[kind].lastDeadline)) }),
    async (before) => {
      const puts = await readyPuts(before, ledger, endedAt)
      given.up = Array.isArray(puts) ? undefined : puts
      if (!Array.isArray(puts)) throw new Error(puts.cause)
      return puts
    },
  ).catch((error) => {
    if (given.up) return undefined
    throw error
  })
  if (given.up) return haltRun({ ...task, ...given.up }, engine)
  if (!ended) {
    const now = await getRun(ledger, task.run)
    return isFinished(now) && now.fence === task.fence ? finished : notDriving(task, now)
  }
  runtime.emit({ code: 'run.phase', run: run.id, phase: 'Finished' })
  return finished
}

const writes = (kind: PassKind) => passes[kind].writes !== false

/** The build that this ending covers is ready; or why it cannot become so. */
async function readyPuts(run: RunRecord, ledger: LedgerTable, now: number): Promise<Put[] | Halted> {
  if (!passesOf(run).some((kind) => passes[kind].numbered === 'build')) return []
  const build = await newestBuildOf(run, ledger)
  const lost = isGivenUp(build) && (await whyIndexLost(run, ledger))
  if (lost) return lost
  return build.state === 'building' ? [buildPut(build, inState(build, 'ready', now))] : []
}

async function isCapturing({ id, offline }: RunRecord, ledger: LedgerTable): Promise<boolean> {
  if (offline) return false
  const capture = await readCapture(ledger, id)
  return capture !== undefined && capture.off === undefined
}
