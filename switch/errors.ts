import { type ErrorTable, SegueError } from '../shared/runtime/error.ts'

export type SwitchErrorCode =
  | 'switch-closed'
  | 'switch-unreadable'
  | 'switch-not-found'
  | 'switch-unknown-table'
  | 'switch-outlived'
  | 'write-abandoned'

export const switchErrors: ErrorTable<SwitchErrorCode> = {
  'switch-closed': {
    means: 'The tables are being switched, so no write may begin. It takes a few minutes. Nothing was written.',
    next: 'Try again later: respond with 503 and Retry-After, or leave the message in its queue. `segue switch show` says who closed it and when.',
    retryable: true,
  },
  'switch-unreadable': {
    means: 'The row that says which table is active could not be read. Nothing was written.',
    next: 'Try again. If it lasts, check that the role may call dynamodb:GetItem on the table of the switch, and use its KMS key.',
    retryable: true,
  },
  'switch-not-found': {
    means: 'There is no row that says which of the two tables is active. Nothing was written.',
    next: 'Check `switchTable` (output SwitchTable of the stack) and both names in `tables`. If they are right, make the row: `segue switch create`.',
  },
  'switch-unknown-table': {
    means: 'The switch names a table as active that this application was not told of. Nothing was written.',
    next: 'Correct `tables`: both names, as `segue switch show` prints them.',
  },
  'switch-outlived': {
    means: 'A switch was used in another Lambda invocation than the one that began to follow it. Nothing was written.',
    next: 'Call `followSwitch` inside the handler, not beside it.',
  },
  'write-abandoned': {
    means:
      'A write took longer than a write may while tables can be switched, so it does not count as done. It may have been applied, now or later, or not.',
    next: 'Repeat it, if repeating it does no harm. Give the client shorter time-outs and fewer retries, and pass `signal` to each call.',
    retryable: true,
  },
}

/** What an application cannot do at the moment, or has to correct. `error.code` says which; `error.next` what to do. */
export class SwitchError extends SegueError {
  static override readonly kind = 'SwitchError'
  declare readonly code: SwitchErrorCode

  constructor(code: SwitchErrorCode, message: string, options?: ErrorOptions) {
    const source = switchErrors[code].retryable ? 'dependency' : 'user'
    super(code, message, { source, ...switchErrors[code] }, options)
  }
}
