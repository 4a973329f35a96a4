/** The package `dynamodb-segue`: what a user's migrations module imports. */
export type { Attributes, AttributeValue } from '../dynamodb/attributes.ts'
export type { KeySchema } from '../dynamodb/key.ts'
export { type ErrorSource, SegueError } from '../runtime/error.ts'
export { MigrationsModuleError } from './errors.ts'
export { type Applies, defineMigration, type Migration } from './migration.ts'
export { NumberValue } from './number-value.ts'
export type { Item, Value } from './values.ts'
