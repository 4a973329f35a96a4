import { type ErrorTable, SegueError } from '../../runtime/error.ts'

export const sliceErrors: ErrorTable<'undrained'> = {
  undrained: {
    means: 'Reads or writes of a slice were still under way when it had to end. It continues from its last checkpoint.',
    next: 'Nothing, if it happens once. If it repeats, raise `sliceSeconds`, or check the tables for throttling.',
    retryable: true,
  },
}

/** Thrown by calls that wait for budget as the limit of the slice nears. It continues in the next one. */
export class OutOfTime extends SegueError {
  static override readonly kind = 'OutOfTime'

  constructor(chunk: string) {
    super('out-of-time', `Chunk ${chunk} waits for budget, and its slice has to end.`, {
      source: 'internal',
      next: 'Nothing: the next slice continues. `segue status` shows the budget.',
    })
  }
}

/**
 * Thrown when a slice still waits for its tables as its limit nears. The Lambda must exit its process: pending promises
 * would resume when the environment thaws, perhaps much later, and write under an expired lease.
 */
export class UndrainedError extends SegueError {
  static override readonly kind = 'UndrainedError'
  declare readonly code: 'undrained'

  constructor(chunk: string, options?: ErrorOptions) {
    super(
      'undrained',
      `Reads or writes of chunk ${chunk} were still under way when its slice had to end. It continues from its last checkpoint; ` +
        'if this repeats, raise `sliceSeconds` or check the tables for throttling.',
      { source: 'dependency', ...sliceErrors.undrained },
      options,
    )
  }
}
