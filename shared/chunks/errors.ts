import { type ErrorTable, SegueError } from '../runtime/error.ts'

export type ChunkErrorCode = 'bad-cursor' | 'bad-cuts' | 'unreadable-chunk'

export const chunkErrors: ErrorTable<ChunkErrorCode> = {
  'bad-cursor': {
    means: 'A chunk cannot be split at the position of its slice.',
    next: 'Resume the run; if it happens again, report it with the message.',
  },
  'bad-cuts': {
    means: 'The split points of a chunk are not in order, or lie outside it.',
    next: 'Resume the run; if it happens again, report it with the message.',
  },
  'unreadable-chunk': {
    means: 'The ledger holds a chunk that this version cannot read.',
    next: 'Resume with the version that started the run.',
  },
}

/** A chunk would not tile its table. The engine never guesses here, because a gap is lost items. */
export class ChunkError extends SegueError {
  static override readonly kind = 'ChunkError'
  declare readonly code: ChunkErrorCode

  constructor(code: ChunkErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, { source: 'internal', ...chunkErrors[code] }, options)
  }
}
