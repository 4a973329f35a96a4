import { eachQuarantined, type Quarantined } from '../../ledger/quarantine.ts'
import type { LedgerTable } from '../../ledger/table.ts'

/** Quarantined items with one cause. */
export interface QuarantineGroup {
  migration: string
  reason: string
  items: number
}

/** Items of all groups. */
export function itemsIn(groups: readonly QuarantineGroup[]): number {
  return groups.reduce((sum, { items }) => sum + items, 0)
}

/** The quarantine list of a run by migration and reason, the largest group first. Memory holds only the groups. */
export async function readQuarantineGroups(ledger: LedgerTable, run: string): Promise<QuarantineGroup[]> {
  const groups = counting()
  await eachQuarantined(ledger, run, groups.add)
  return groups.largestFirst()
}

/** The same for a list of items. */
export function groupQuarantine(items: readonly Quarantined[]): QuarantineGroup[] {
  const groups = counting()
  items.forEach(groups.add)
  return groups.largestFirst()
}

function counting() {
  const groups = new Map<string, QuarantineGroup>()
  return {
    add({ migration, reason }: Quarantined) {
      const name = JSON.stringify([migration, reason])
      const group = groups.get(name) ?? { migration, reason, items: 0 }
      group.items++
      groups.set(name, group)
    },
    largestFirst: () =>
      [...groups.values()].sort(
        (a, b) => b.items - a.items || (a.migration + a.reason < b.migration + b.reason ? -1 : 1),
      ),
  }
}
