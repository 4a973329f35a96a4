import { type ErrorTable, SegueError } from '../runtime/error.ts'

export type LiveErrorCode =
  | 'not-running'
  | 'fenced'
  | 'aborted'
  | 'capture-off'
  | 'code-changed'
  | 'definitions-changed'
  | 'contended'
  | 'not-quiet'
  | 'copy-open'

export const liveErrors: ErrorTable<LiveErrorCode> = {
  'not-running': {
    means: 'A live change arrived, and there is no run that captures changes yet.',
    next: 'Nothing, if a run is about to begin: the batch comes again. Otherwise turn live changes off (`segue capture off`).',
    retryable: true,
  },
  fenced: {
    means: 'The run has a newer owner, or a newer run has replaced it.',
    next: 'Nothing: the batch comes again, for the new owner.',
    retryable: true,
  },
  aborted: {
    means: 'The run was aborted, so its live changes are not applied. The stream keeps them for 24 hours.',
    next: 'Resume the run (`segue run --resume`), or turn live changes off (`segue capture off`).',
    retryable: true,
  },
  'code-changed': {
    means:
      'The migrations that are deployed are not those the run was begun with, so its live changes are not applied.',
    next: 'Deploy the migrations it was begun with. The stream keeps the changes for 24 hours.',
    retryable: true,
  },
  'definitions-changed': {
    means:
      'The index definitions that are deployed are not those that the build was begun with, so changes are not brought into it.',
    next: 'Deploy the definitions it was begun with, or build anew with these. The stream keeps the changes for 24 hours.',
    retryable: true,
  },
  'capture-off': {
    means: 'Live changes of the run were turned off on purpose, so this one is not applied.',
    next: 'Nothing, if they are to stay off. A run that is resumed turns them on again.',
    retryable: true,
  },
  contended: {
    means: 'Other writers kept changing the same destination key or quarantine entry until the attempts were used up.',
    next: 'Nothing: it is retried. If it lasts, one item of the source changes many times a second.',
    retryable: true,
  },
  'not-quiet': {
    means: 'Settle was invoked while copy may still write.',
    next: 'This is a defect of the state machine: report it. Resume the run.',
  },
  'copy-open': {
    means: 'Settle was invoked before copy had ended, or Bury before the index.',
    next: 'Finish that first: resume the run, or continue the index of a finished one (`segue index`).',
  },
}

/**
 * Live work must not continue now. Thrown by a batch, it keeps the batch from being acknowledged: the batch comes
 * again.
 */
export class LiveError extends SegueError {
  static override readonly kind = 'LiveError'
  declare readonly code: LiveErrorCode

  constructor(code: LiveErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, { source: 'internal', ...liveErrors[code] }, options)
  }
}
