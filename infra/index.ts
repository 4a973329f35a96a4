export type { StoredTable } from './policy-statements.ts'
export { Segue, type SegueProps } from './segue.ts'
