import { endingOf } from '../shared/facts/findings.ts'
import type { RunPlan } from '../shared/operator/plan/plan.ts'
import { findingOf } from '../shared/operator/plan/plan.ts'
import type { ReportVerdict } from '../shared/operator/report/content.ts'
import type { Verdict } from '../shared/operator/status/verdict.ts'

/** Every exit code of every command; docs/cheatsheet.md holds the same table, and a test keeps them equal. */
export const exitCodes = {
  ok: [
    0,
    'Done as asked. A run: finished, verified, nothing quarantined; or still running where only its state was asked.',
  ],
  unexpected: [
    1,
    'Something unexpected; --verbose shows more. What was begun continues by itself: `segue watch` shows it.',
  ],
  refused: [
    2,
    'Nothing was begun: wrong options or credentials, no stack or run found, or the run was refused. Or what is asked for is not known: no verification yet, or not any more.',
  ],
  resumable: [
    3,
    'The run halted or was interrupted; of a report: it has not finished. `segue status` names the command that continues from its checkpoints.',
  ],
  quarantined: [4, 'The run finished, with items quarantined: `segue quarantine list`.'],
  heavyKeys: [5, '`plan` and `run --dry-run` only: would start, and a key will not fit in one slice and be split.'],
  differences: [6, 'The run finished, but verify found differences: `segue diff`. Outranks 4.'],
  doesNotAddUp: [
    7,
    'The ledger does not add up, or live changes of a finished run were lost or are not applied: `segue report` names what. Outranks the others.',
  ],
  unreachable: [
    10,
    '`watch` and `--wait` only: AWS has not answered for as long as `--give-up` says. The run continues by itself: `segue watch` shows it.',
  ],
} as const satisfies Record<string, readonly [number, string]>

export type ExitName = keyof typeof exitCodes
export type ExitCode = (typeof exitCodes)[ExitName][0]

export function exitCode(name: ExitName): ExitCode {
  return exitCodes[name][0]
}

/** The code of a command whose business is one run. */
export function exitCodeOfRun(verdict: Verdict): ExitCode {
  switch (verdict.kind) {
    case 'running':
      return exitCode('ok')
    case 'finished':
      if (verdict.lacking) return exitCode('doesNotAddUp')
      return verdict.found ? exitCodeOfReport(endingOf(verdict.found)) : exitCode('refused')
    case 'halted':
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

/** Like terraform's: what was found, so that a pipeline can stop to ask a human. */
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
