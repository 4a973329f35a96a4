import { type ErrorTable, SegueError } from '../../runtime/error.ts'

export const sliceErrors: ErrorTable<'undrained'> = {
  undrained: {
    means: 'Reads or writes of a slice were still under way when it had to end. It continues from its last checkpoint.',
    next: 'Nothing, if it happens once. If it repeats, raise `sliceSeconds`, or check the tables for throttling.',
    retryable: true,
  },
}

/**
 * A slice that still awaited its tables as its limit neared. The Lambda must exit its process: promises left pending
 * would resume when the environment thaws, perhaps much later, and write under a lease long gone.
 */
export class UndrainedError extends SegueError {
  static override readonly kind = 'UndrainedError'
  declare readonly code: 'undrained'

  constructor(chunk: string, options?: ErrorOptions) {
    super(
      'undrained',
      `Reads or writes of chunk ${chunk} were still under way when its slice had to end. It continues from its last checkpoint; ` +
        'if this repeats, raise `sliceSeconds` or look for throttling on the tables.',
      { source: 'dependency', ...sliceErrors.undrained },
      options,
    )
  }
}
