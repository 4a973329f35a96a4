import type { Difference } from '../../shared/ledger/differences.ts'
import { type DifferenceGroup, groupDifferences, groupName } from '../../shared/progress/differences.ts'
import { counted, grouped, sentence } from '../../shared/progress/format.ts'
import type { LastVerification } from '../verification.ts'
import { keyJson, keyText } from './key.ts'

/** `segue diff`: counts first, then with `keys` each destination key under its group. */
export function diffPage(
  { run, number, ended, differences, unchecked }: LastVerification,
  { keys, flag }: { keys: boolean; flag: string },
): string[] {
  const state = ended ? '' : ' (not ended: there may be more)'
  return [
    `Run ${run.id}, verification ${number}${state}: ${counted(differences.length, 'difference')}`,
    ...groupLines(differences, { keys }),
    ...(unchecked > 0 ? [uncheckedWords(unchecked)] : []),
    ...(differences.length > 0 ? [`Mend with: segue repair --wait${flag}`] : []),
  ]
}

/** Why there may be orphans that are not on the list. */
export function uncheckedWords(items: number): string {
  return `Orphans not checked for ${counted(items, 'item')}: a migration without an inverse may have made them`
}

/** A line a group; with `keys`, the destination keys of each below it. */
export function groupLines(differences: readonly Difference[], { keys }: { keys: boolean }): string[] {
  return groupDifferences(differences).flatMap((group) => [
    `${grouped(group.keys).padStart(8)}  ${groupWords(group)}`,
    ...(keys ? keysOf(group, differences) : []),
  ])
}

/** The same for programs: an object that counts, then with `keys` one for each destination key. */
export function diffJson(
  { run, number, ended, differences, unchecked }: LastVerification,
  { keys }: { keys: boolean },
): object[] {
  const summary = {
    run: run.id,
    verification: number,
    ended,
    differences: differences.length,
    unchecked,
    groups: groupDifferences(differences),
  }
  if (!keys) return [summary]
  const listed = differences.map(({ kind, key, sources, attributes, at }) => ({
    kind,
    key: keyJson(key),
    sources: sources.map(keyJson),
    attributes,
    at: new Date(at).toISOString(),
  }))
  return [summary, ...listed]
}

function groupWords({ kind, attributes }: DifferenceGroup): string {
  return attributes.length === 0 ? kind : `${kind}: ${attributes.map(sentence).join(', ')}`
}

function keysOf(group: DifferenceGroup, differences: readonly Difference[]): string[] {
  return differences
    .filter((difference) => groupName(difference) === groupName(group))
    .map(({ key }) => `            ${keyText(key)}`)
    .sort()
}
