/**
 * A slice that still awaited its tables as its limit neared. The Lambda must exit its process: promises left pending
 * would resume when the environment thaws, perhaps much later, and write under a lease long gone.
 */
export class UndrainedError extends Error {
  readonly code = 'undrained'
  readonly source = 'dependency'
  readonly retryable = true

  constructor(chunk: string, options?: ErrorOptions) {
    super(
      `Reads or writes of chunk ${chunk} were still under way when its slice had to end. It continues from its last checkpoint; ` +
        'if this repeats, raise `sliceSeconds` or look for throttling on the tables.',
      options,
    )
    this.name = 'UndrainedError'
  }
}
