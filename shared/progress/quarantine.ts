import type { Quarantined } from '../ledger/quarantine.ts'

/** Quarantined items with one cause. */
export interface QuarantineGroup {
  migration: string
  reason: string
  items: number
}

/** Groups by migration and reason, the largest first. */
export function groupQuarantine(items: readonly Quarantined[]): QuarantineGroup[] {
  const groups = new Map<string, QuarantineGroup>()
  for (const { migration, reason } of items) {
    const name = JSON.stringify([migration, reason])
    const group = groups.get(name) ?? { migration, reason, items: 0 }
    group.items++
    groups.set(name, group)
  }
  return [...groups.values()].sort(
    (a, b) => b.items - a.items || (a.migration + a.reason < b.migration + b.reason ? -1 : 1),
  )
}
