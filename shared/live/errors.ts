export type LiveErrorCode =
  | 'not-running'
  | 'fenced'
  | 'aborted'
  | 'capture-off'
  | 'code-changed'
  | 'contended'
  | 'not-quiet'
  | 'copy-open'

/** Live work that must not go on now. Thrown by a batch, it keeps the batch from being acknowledged: it comes again. */
export class LiveError extends Error {
  readonly code: LiveErrorCode
  readonly source = 'internal'
  readonly retryable: boolean

  constructor(code: LiveErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'LiveError'
    this.code = code
    this.retryable = code !== 'not-quiet' && code !== 'copy-open'
  }
}
