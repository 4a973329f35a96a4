/** `closed`: no application begins a write into the active table. An application takes any other word for `closed`, too. */
export type Mode = 'open' | 'closed'

/** Why a switch is closed: it changes to the other table for the first time, or back. */
export type SwitchTask = 'cutover' | 'rollback'

/**
 * Which of two tables applications use. One row; every change raises `generation`. Times are ms since the epoch.
 * Attributes that this version does not know are kept.
 */
export interface Switch {
  generation: number
  /** Both tables, in the order of their names. */
  tables: string[]
  /** The active one: applications read and write it. */
  table: string
  mode: Mode
  /** How long an application trusts what it has read, s. Never changes: who trusts an older copy knows the older number. */
  maxAgeSeconds: number
  /** Within this time a write of an application ends or is abandoned, s. Never changes. */
  writeSeconds: number
  /** Since when `table` is the active one. */
  switchedAt: number
  /** What closed it, for which run, when, who asked for that, and why. No values while it is open. */
  task?: SwitchTask
  run?: string
  closedAt?: number
  by?: string
  why?: string
  /**
   * No write that follows the switch lands in the active table later than this. Live changes apply nothing later. No value: it
   * is open, or was closed a moment ago.
   */
  until?: number
  /** Changes of the other table up to this time were applied to the active one before it became that. No value: it was never cut over. */
  appliedUntil?: number
  /**
   * No request that moves an alias of the search index can land after this time. Until then nobody else sends one. It stays until
   * somebody has seen, after that time, that the aliases name the index of the active table.
   */
  aliasUntil?: number
}

/** The table that is not the active one. */
export function otherTable({ tables, table }: Pick<Switch, 'tables' | 'table'>): string {
  return tables.find((each) => each !== table) as string
}

/** Where the row of two tables is; in any order, since the next release goes the other way. */
export function switchKey(tables: readonly [string, string]): { pk: string; sk: 'SWITCH' } {
  return { pk: `SWITCH#${tables.toSorted().join('/')}`, sk: 'SWITCH' }
}
