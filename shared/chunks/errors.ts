export type ChunkErrorCode = 'bad-cursor' | 'bad-cuts' | 'unreadable-chunk'

/** A chunk that would not tile its table: never split or resumed on a guess, as a gap is lost items. */
export class ChunkError extends Error {
  readonly code: ChunkErrorCode
  readonly source = 'internal'
  readonly retryable = false

  constructor(code: ChunkErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ChunkError'
    this.code = code
  }
}
