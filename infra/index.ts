export type { StoredTable } from './policy-statements.ts'
export type { SearchDomain } from './search.ts'
export { Segue, type SegueProps } from './segue.ts'
