import { type ErrorTable, SegueError } from '../runtime/error.ts'

export type LedgerErrorCode = 'row-missing' | 'illegal-transition' | 'lost-race' | 'other-format'

export const ledgerErrors: ErrorTable<LedgerErrorCode> = {
  'row-missing': {
    means: 'A required row is missing from the ledger.',
    next: 'Resume the run, which plans missing chunks again. If the run itself is missing, check that this is its ledger.',
  },
  'illegal-transition': {
    means: 'A run or a chunk was asked to change into a state that its present state does not allow.',
    next: 'This is a defect: report it with the message. Nothing was changed.',
  },
  'lost-race': {
    means: 'Other writers kept changing the same row of the ledger until the attempts were used up.',
    next: 'The state machine retries it. If it halts the run, resume the run.',
    retryable: true,
  },
  'other-format': {
    means: 'The ledger was written by a version of Segue whose rows have another format.',
    next: 'Use the version of Segue that wrote the ledger, in the deployment and on the command line.',
  },
}

/** The engine cannot continue from what the ledger holds. */
export class LedgerError extends SegueError {
  static override readonly kind = 'LedgerError'
  declare readonly code: LedgerErrorCode

  constructor(code: LedgerErrorCode, message: string, options?: ErrorOptions) {
    const source = code === 'other-format' ? 'user' : 'internal'
    super(code, message, { source, ...ledgerErrors[code] }, options)
  }
}
