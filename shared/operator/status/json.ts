import { openSums } from '../../facts/sums.ts'
import { commandAt } from '../../ledger/control.ts'
import type { Lag } from '../../ledger/lag.ts'
import { lastCommand, lastCommandReport } from '../people.ts'
import { budgetReport } from './budget.ts'
import { keyLabel } from './format.ts'
import { shareDone } from './line.ts'
import { etaMs, rateOf, stalledMs, type Track } from './rate-and-eta.ts'
import type { Progress } from './read.ts'
import { splitKeys } from './splits.ts'
import { waitingFor } from './waiting.ts'

/**
 * The facts of the line as one JSON object for programs. Times are ISO 8601; unknown values are `null`, never left out.
 * docs/understanding-output.md documents the fields; fields are only ever added.
 */
export function progressReport(progress: Progress, seen: Track, { keys }: { keys: boolean }) {
  const { at, run, control, execution, pass, coverage, working, verdict, expected, capture, lag, buildLags } = progress
  const { tallies, failed } = coverage
  const rate = rateOf(seen)
  const eta = etaMs(progress, rate)
  return {
    at: iso(at),
    run: run.id,
    verdict: verdict.kind,
    reason: 'reason' in verdict ? verdict.reason : null,
    state: run.state,
    task: run.task?.kind ?? null,
    phase: run.phase,
    walk: pass,
    command: commandAt(control, at),
    pauseAt: control.pauseAt === undefined ? null : iso(control.pauseAt),
    key: run.key ?? null,
    lastCommand: lastCommandReport(lastCommand(control)),
    source: run.source,
    destination: run.destination,
    execution: { arn: run.execution, status: execution.ended ?? execution.status },
    startedAt: iso(run.startedAt),
    endedAt: run.endedAt === undefined ? null : iso(run.endedAt),
    items: { done: tallies.read, expected: expected ?? null, share: shareDone(progress) ?? null },
    ratePerSecond: rate === undefined ? null : Math.round(rate),
    etaSeconds: eta === undefined ? null : Math.round(eta / 1000),
    waiting: waitingFor(progress, stalledMs(seen)) ?? null,
    budget: budgetReport(progress),
    tallies,
    talliesClose: openSums(pass, tallies).length === 0,
    chunks: {
      done: coverage.done,
      open: coverage.open,
      working,
      failed: failed.length,
      split: coverage.splits,
      missing: coverage.missing.length,
    },
    found: verdict.kind === 'finished' ? (verdict.found ?? null) : null,
    capture: capture ? { since: iso(capture.since), off: capture.off === undefined ? null : iso(capture.off) } : null,
    lag: lag ? lagReport(lag) : null,
    buildLags: buildLags.map(({ build, ...of }) => ({ build, ...lagReport(of) })),
    failures: failed.map(({ id, reason }) => ({ chunk: id, reason: reason ?? null })),
    splits: splitKeys(progress.chunks).map(({ key, ways, items }) => ({ key: keyLabel(key, keys), ways, items })),
  }
}

function lagReport({ seconds, guard, at, stopped }: Lag) {
  return { seconds, guard, at: iso(at), stopped: stopped ?? null }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
