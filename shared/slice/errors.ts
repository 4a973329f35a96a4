/**
 * A slice whose writes could not be drained before its limit. The Lambda must exit its process: promises left pending
 * would resume when the environment thaws, perhaps much later, and write under a lease long gone.
 */
export class UndrainedError extends Error {
  readonly code = 'undrained'
  readonly source = 'dependency'
  readonly retryable = true

  constructor(chunk: string, options?: ErrorOptions) {
    super(
      `Writes of chunk ${chunk} were still in flight when its slice had to end. It goes on from its last checkpoint; ` +
        'if this repeats, raise `sliceSeconds` or look for throttling on the destination.',
      options,
    )
    this.name = 'UndrainedError'
  }
}
