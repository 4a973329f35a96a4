import { type Difference, eachDifference } from '../../ledger/differences.ts'
import type { LedgerTable } from '../../ledger/table.ts'

/** Destination keys with the same kind of difference in the same attributes. */
export interface DifferenceGroup {
  kind: Difference['kind']
  /** Names of the attributes that differ; only for `different`. */
  attributes: string[]
  keys: number
}

/** One name for all differences of a group. */
export function groupName({ kind, attributes }: Pick<Difference, 'kind' | 'attributes'>): string {
  return JSON.stringify([kind, ...attributes.toSorted()])
}

/** Differences of all groups. */
export function keysIn(groups: readonly DifferenceGroup[]): number {
  return groups.reduce((sum, { keys }) => sum + keys, 0)
}

/** The differences of one verification by kind and attributes, the largest group first. Memory holds only the groups. */
export async function readDifferenceGroups(
  ledger: LedgerTable,
  run: string,
  verification: number,
): Promise<DifferenceGroup[]> {
  const groups = counting()
  await eachDifference(ledger, run, verification, groups.add)
  return groups.largestFirst()
}

/** The same for a list of differences. */
export function groupDifferences(differences: readonly Difference[]): DifferenceGroup[] {
  const groups = counting()
  differences.forEach(groups.add)
  return groups.largestFirst()
}

function counting() {
  const groups = new Map<string, DifferenceGroup>()
  return {
    add({ kind, attributes }: Difference) {
      const name = groupName({ kind, attributes })
      const group = groups.get(name) ?? { kind, attributes: attributes.toSorted(), keys: 0 }
      group.keys++
      groups.set(name, group)
    },
    largestFirst: () => [...groups.values()].sort((a, b) => b.keys - a.keys || (groupName(a) < groupName(b) ? -1 : 1)),
  }
}
