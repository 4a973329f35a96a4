export type { StoredTable } from './permissions.ts'
export { Segue, type SegueProps } from './segue.ts'
