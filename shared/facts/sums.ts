import { type PassKind, passes, type SumRule } from '../ledger/passes.ts'
import type { Tallies } from '../ledger/tallies.ts'

/** One sum of a pass, with its numbers. Counts of items. */
export interface Sum extends SumRule {
  items: number
  counts: { [name: string]: number }
  /** What the counts add up to. */
  added: number
  holds: boolean
}

/** Every sum of a pass, from the table of passes. */
export function sumsOf(kind: PassKind, tallies: Partial<Tallies>): Sum[] {
  const rules: readonly SumRule[] = passes[kind].sums
  return rules.map((rule) => {
    const counts = Object.fromEntries(namesOf(rule).map((name) => [name, tallies[name] ?? 0]))
    const added = Object.values(counts).reduce((all, items) => all + items, 0)
    const items = tallies[rule.total] ?? 0
    return { ...rule, items, counts, added, holds: rule.closes === 'exactly' ? items === added : added <= items }
  })
}

/** One sentence for each sum that does not hold. */
export function openSums(kind: PassKind, tallies: Partial<Tallies>): string[] {
  return sumsOf(kind, tallies)
    .filter(({ holds }) => !holds)
    .map(
      (sum) =>
        `${sum.total} ${sum.items} ${sum.closes === 'exactly' ? '≠' : '<'} ${namesOf(sum).join(' + ')} ${sum.added}`,
    )
}

function namesOf({ parts }: SumRule): (keyof Tallies)[] {
  return Object.keys(parts) as (keyof Tallies)[]
}
