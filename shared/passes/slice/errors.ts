import { type ErrorTable, SegueError } from '../../runtime/error.ts'

export const sliceErrors: ErrorTable<'undrained'> = {
  undrained: {
    means: 'Reads or writes of a slice were still under way when it had to end. It continues from its last checkpoint.',
    next: 'Nothing, if it happens once. If it repeats, raise `sliceSeconds`, or check the tables for throttling.',
    retryable: true,
  },
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
