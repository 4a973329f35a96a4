import { type ErrorTable, SegueError } from '../runtime/error.ts'
import { showPath } from './reasons.ts'

export const migrationErrors: ErrorTable<
  'migrations-module' | 'unstorable-value' | 'search-module' | 'unindexable-value'
> = {
  'migrations-module': {
    means: 'The module of migrations does not load, or does not export what Segue can run.',
    next: 'Correct the migration that the message names, and deploy again.',
  },
  'unstorable-value': {
    means: 'A migration returned a value that DynamoDB cannot store. Its item is quarantined with this reason.',
    next: 'Correct the migration; the message names the attribute and the kind of value.',
  },
  'search-module': {
    means: 'The module of index definitions does not load, or does not export what Segue can build.',
    next: 'Correct the definition that the message names, and deploy again.',
  },
  'unindexable-value': {
    means:
      'A definition made a document that JSON cannot hold. Its item is quarantined for that index with this reason.',
    next: 'Correct the definition; the message names the field and the kind of value.',
  },
}

/** The user's migrations module cannot be run. The message names the migration and what to change. */
export class MigrationsModuleError extends SegueError {
  static override readonly kind = 'MigrationsModuleError'
  declare readonly code: 'migrations-module'

  constructor(message: string, options?: ErrorOptions) {
    super('migrations-module', message, { source: 'user', ...migrationErrors['migrations-module'] }, options)
  }
}

/** A value that DynamoDB cannot store. Names the attribute and the kind of value, never the value. */
export class UnstorableError extends SegueError {
  static override readonly kind = 'UnstorableError'
  declare readonly code: 'unstorable-value'

  constructor(path: readonly PropertyKey[], problem: string) {
    super('unstorable-value', `${showPath(path)}: DynamoDB cannot store ${problem}`, {
      source: 'user',
      ...migrationErrors['unstorable-value'],
    })
  }
}

/** The user's index definitions cannot be used. The message names the definition and what to change. */
export class SearchModuleError extends SegueError {
  static override readonly kind = 'SearchModuleError'
  declare readonly code: 'search-module'

  constructor(message: string, options?: ErrorOptions) {
    super('search-module', message, { source: 'user', ...migrationErrors['search-module'] }, options)
  }
}

/** A value that JSON cannot hold. Names the field and the kind of value, never the value. */
export class UnindexableError extends SegueError {
  static override readonly kind = 'UnindexableError'
  declare readonly code: 'unindexable-value'

  constructor(path: readonly PropertyKey[], problem: string) {
    const place = path.length === 0 ? 'at the document' : showPath(path)
    super('unindexable-value', `${place}: a document cannot hold ${problem}`, {
      source: 'user',
      ...migrationErrors['unindexable-value'],
    })
  }
}

/** Thrown where code of a migration would lose digits of an exact number, or the type of a set or of bytes. */
export class ExactValueError extends TypeError {
  readonly code = 'exact-value'
  readonly source = 'user'
  readonly retryable = false

  /** @param thrower Left out of the stack: quarantine reasons name the place in the migration. */
  constructor(problem: string, thrower: (...args: never[]) => unknown) {
    super(problem)
    this.name = 'ExactValueError'
    Error.captureStackTrace(this, thrower)
  }
}
