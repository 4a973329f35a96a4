import { type ErrorTable, SegueError } from '../runtime/error.ts'
import { showPath } from './reasons.ts'

export const migrationErrors: ErrorTable<'migrations-module' | 'unstorable-value'> = {
  'migrations-module': {
    means: 'The module of migrations does not load, or does not export what Segue can run.',
    next: 'Correct the migration that the message names, and deploy again.',
  },
  'unstorable-value': {
    means: 'A migration returned a value that DynamoDB cannot store. Its item is quarantined with this reason.',
    next: 'Correct the migration; the message names the attribute and the kind of value.',
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
