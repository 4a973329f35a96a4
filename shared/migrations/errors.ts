import { showPath } from './reasons.ts'

/** The user's migrations module is not what Segue can run. The message says which migration and what to change. */
export class MigrationsModuleError extends Error {
  readonly code = 'migrations-module'
  readonly source = 'user'
  readonly retryable = false

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'MigrationsModuleError'
  }
}

/** A value that DynamoDB cannot store. Names the attribute and the kind of value, never the value. */
export class UnstorableError extends Error {
  readonly code = 'unstorable-value'
  readonly source = 'user'
  readonly retryable = false

  constructor(path: readonly PropertyKey[], problem: string) {
    super(`${showPath(path)}: DynamoDB cannot store ${problem}`)
    this.name = 'UnstorableError'
  }
}

/** Code of a migration that would lose digits of an exact number, or what makes a set or bytes. */
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
