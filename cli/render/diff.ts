import type { Difference } from '../../shared/ledger/differences.ts'
import type { LastVerification } from '../../shared/operator/diff.ts'
import { type DifferenceGroup, groupName, keysIn } from '../../shared/operator/status/differences.ts'
import { onTheirWay } from '../../shared/operator/status/lag.ts'
import { counted, grouped, sentence } from '../../shared/runtime/text.ts'
import { keyJson, keyText } from './key.ts'

/** `segue diff`: the counts; with `--keys`, each destination key under its group. */
export function diffPage(
  { run, number, ended, groups, differences, unchecked, lag }: LastVerification,
  flag: string,
): string[] {
  const state = ended ? '' : ' (not ended: there may be more)'
  return [
    `Run ${run.id}, verification ${number}${state}: ${counted(keysIn(groups), 'difference')}`,
    ...groupLines(groups, differences),
    ...(unchecked > 0 ? [uncheckedWords(unchecked)] : []),
    ...(groups.length > 0 ? onTheirWay(lag) : []),
    ...(groups.length > 0 ? [`Mend with: segue repair --wait${flag}`] : []),
  ]
}

/** Says why the list of orphans may be incomplete. */
export function uncheckedWords(items: number): string {
  return `Orphans not checked for ${counted(items, 'item')}: a migration without an inverse, or whose inverse fails, may have made them`
}

/** One line for each group, and below it the destination keys of its differences. */
export function groupLines(groups: readonly DifferenceGroup[], differences: readonly Difference[] = []): string[] {
  return groups.flatMap((group) => [
    `${grouped(group.keys).padStart(8)}  ${groupWords(group)}`,
    ...keysOf(group, differences),
  ])
}

/** The same for programs: one object with the counts; with `--keys`, then one for each destination key. */
export function diffJson({ run, number, ended, groups, differences = [], unchecked }: LastVerification): object[] {
  const summary = { run: run.id, verification: number, ended, differences: keysIn(groups), unchecked, groups }
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
