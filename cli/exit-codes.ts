import { endingOf } from '../shared/facts/findings.ts'
import type { RunPlan } from '../shared/operator/plan/plan.ts'
import { findingOf } from '../shared/operator/plan/plan.ts'
import type { ReportVerdict } from '../shared/operator/report/content.ts'
import type { Verdict } from '../shared/operator/status/verdict.ts'

/** Every exit code of every command; docs/cheatsheet.md holds the same table, and a test keeps them equal. */
export const exitCodes = {
  ok: [
    0,
    'Done. A run: finished, verified, nothing quarantined; or still running, for a command that only shows its state.',
  ],
  unexpected: [
    1,
    'An unexpected error; --verbose shows more. A run that was started continues: `segue watch` shows it.',
  ],
  refused: [
    2,
    'Nothing was started: wrong options or credentials, no stack or run found, or the run was refused. Or there is no result to show: the run is not verified yet, or its rows have expired.',
  ],
  resumable: [
    3,
    'The run halted or was interrupted; `segue status` names the command that continues from its checkpoints. Of `report`: the run has not finished.',
  ],
  quarantined: [4, 'The run finished, with items quarantined: `segue quarantine list`.'],
  heavyKeys: [5, '`plan` and `run --dry-run` only: the run would start, and a key is too big for one slice.'],
  differences: [6, 'The run finished, but verify found differences: `segue diff`. Outranks 4.'],
  doesNotAddUp: [
    7,
    'The ledger does not add up, or live changes of a finished run were lost or are not applied: `segue report` names the problems. Outranks the others.',
  ],
  somebodyActed: [
    8,
    'Somebody else gave the run a command within the last five minutes. Nothing was changed; the message says who, when and why, and how to act on top of it.',
  ],
  stillRuns: [9, '`watch --for` only: the run is still under way after that time. It continues.'],
  unreachable: [
    10,
    '`watch` and `--wait` only: AWS did not respond for the time of `--give-up`. The run continues: `segue watch` shows it.',
  ],
} as const satisfies Record<string, readonly [number, string]>

export type ExitName = keyof typeof exitCodes
export type ExitCode = (typeof exitCodes)[ExitName][0]

export function exitCode(name: ExitName): ExitCode {
  return exitCodes[name][0]
}

/** The code of a command that was refused. */
export function exitCodeOfRefusal({ error }: { error: string }): ExitCode {
  return exitCode(error === 'somebody-acted' ? 'somebodyActed' : 'refused')
}

/** The code of a command that is about one run. */
export function exitCodeOfRun(verdict: Verdict): ExitCode {
  switch (verdict.kind) {
    case 'running':
      return exitCode('ok')
    case 'finished':
      if (verdict.lacksChanges) return exitCode('doesNotAddUp')
      return verdict.found ? exitCodeOfReport(endingOf(verdict.found)) : exitCode('refused')
    case 'paused':
    case 'halted':
    case 'aborted':
    case 'interrupted':
      return exitCode('resumable')
  }
}

/** The code of a report's verdict. */
export function exitCodeOfReport(verdict: ReportVerdict): ExitCode {
  switch (verdict) {
    case 'clean':
      return exitCode('ok')
    case 'quarantined':
      return exitCode('quarantined')
    case 'differences':
      return exitCode('differences')
    case 'not finished':
      return exitCode('resumable')
    case 'does not add up':
      return exitCode('doesNotAddUp')
  }
}

/** The code of a plan is its result, as terraform's does, so that a pipeline can stop and ask a person. */
export function exitCodeOfPlan(plan: RunPlan): ExitCode {
  switch (findingOf(plan)) {
    case 'refused':
      return exitCode('refused')
    case 'heavy-keys':
      return exitCode('heavyKeys')
    case 'ready':
      return exitCode('ok')
  }
}

/** The table as the help shows it. */
export function exitCodeHelp(): string {
  const lines = Object.values(exitCodes).map(([code, meaning]) => `  ${String(code).padStart(2)}  ${meaning}`)
  return ['', 'Exit codes:', ...lines].join('\n')
}
