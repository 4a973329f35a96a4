import type { Difference } from '../ledger/differences.ts'

/** Destination keys at which the same was found. */
export interface DifferenceGroup {
  kind: Difference['kind']
  /** Names of the attributes that differ; empty but for `different`. */
  attributes: string[]
  keys: number
}

/** One name for all differences of a group. */
export function groupName({ kind, attributes }: Pick<Difference, 'kind' | 'attributes'>): string {
  return JSON.stringify([kind, ...attributes.toSorted()])
}

/** Groups by kind and by which attributes differ, the largest first. */
export function groupDifferences(differences: readonly Difference[]): DifferenceGroup[] {
  const groups = new Map<string, DifferenceGroup>()
  for (const { kind, attributes } of differences) {
    const name = groupName({ kind, attributes })
    const group = groups.get(name) ?? { kind, attributes: attributes.toSorted(), keys: 0 }
    group.keys++
    groups.set(name, group)
  }
  return [...groups.values()].sort((a, b) => b.keys - a.keys || (groupName(a) < groupName(b) ? -1 : 1))
}
