import { type ErrorTable, SegueError } from '../runtime/error.ts'

export type OperatorErrorCode =
  | 'no-run'
  | 'not-verified'
  | 'no-capture'
  | 'run-under-way'
  | 'not-off'
  | 'somebody-acted'
  | 'owner-alive'
  | 'no-switch-table'
  | 'no-audit'

export const operatorErrors: ErrorTable<OperatorErrorCode | 'lost-sight'> = {
  'no-run': {
    means: 'There was never a run into the destination.',
    next: 'Start with `segue run`.',
  },
  'not-verified': {
    means: 'The last run has no verification, or its findings have expired.',
    next: 'See `segue status`; verify again with `segue verify --wait`.',
  },
  'no-capture': {
    means: 'The deployment captures no live changes, so there is nothing to turn off.',
    next: 'Nothing. If an earlier version deployed it, deploy it again.',
  },
  'run-under-way': {
    means: 'A run is under way and needs its live changes, or it is not known whether one is.',
    next: 'Wait until it has ended (`segue watch`), or stop its execution in the console.',
  },
  'not-off': {
    means: 'Live changes did not turn off in time.',
    next: 'Repeat the command.',
  },
  'somebody-acted': {
    means: 'Somebody else gave the run a command within the last five minutes, or after the one that `--over` names.',
    next: 'Talk to them. The message says who it is, when and why, and which `--over` acts on top of their command.',
  },
  'owner-alive': {
    means:
      'The execution that owns the destination runs, or it is not known whether it does, so its lease is not freed.',
    next: 'Wait for it (`segue watch`), pause it (`segue pause`), or stop it: `segue unlock --stop-owner`.',
  },
  'no-switch-table': {
    means: 'The deployment has no table for the switch, which says which of the two tables applications use.',
    next: 'An earlier version deployed it: deploy it again.',
  },
  'no-audit': {
    means: 'The deployment has no audit: an earlier version of Segue deployed it.',
    next: 'Deploy it again.',
  },
  'lost-sight': {
    means: 'A command started something, and then lost the connection to it.',
    next: 'Start nothing again: `segue watch` and `segue status` show it.',
    retryable: true,
  },
}

/** The operator must put something right first; the message says what. Nothing was started. */
export class OperatorError extends SegueError {
  static override readonly kind = 'OperatorError'
  declare readonly code: OperatorErrorCode

  constructor(code: OperatorErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, { source: 'user', ...operatorErrors[code] }, options)
  }
}

/** Something was started, and its state is not known. Not a refusal: a refusal starts nothing. */
export class LostSight extends SegueError {
  static override readonly kind = 'LostSight'
  declare readonly code: 'lost-sight'

  /** @param message says what was started and how to see it; the sentence of the cause follows. */
  constructor(message: string, cause: unknown) {
    super('lost-sight', message, { source: 'dependency', ...operatorErrors['lost-sight'] }, { cause })
  }
}

/** An error about a run that is under way. */
export function lostRun(flag: string, cause: unknown): LostSight {
  return new LostSight(`Lost the connection to the run, which continues (watch it with \`segue watch${flag}\`)`, cause)
}
