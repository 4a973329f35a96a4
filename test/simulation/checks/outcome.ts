import { isDeepStrictEqual } from 'node:util'
import type { Attributes } from '../../../shared/dynamodb/attributes.ts'
import { decodeKey, encodeKey, keyOf } from '../../../shared/dynamodb/key.ts'
import { addTallies, noTallies } from '../../../shared/ledger/tallies.ts'
import type { MemoryTable } from '../../memory/table.ts'
import type { LedgerStore } from '../stores/ledger.ts'
import { type Violation, violation } from '../violation.ts'
import type { ChangeLog } from '../workload/changes.ts'
import { expectedOutputs, possibleOutputs } from '../workload/migrations.ts'
import type { LedgerChecks } from './ledger.ts'

/** What must be in the destination, by encoded key, and which source items must be quarantined. */
interface Expected {
  /** Of several source items that claim one key, the one whose encoded key is smallest: settling's choice. */
  outputs: Map<string, { item: Attributes; source: string }>
  quarantined: Set<string>
  /** Outputs that another source item's stands in for. */
  collisions: number
  /**
   * Keys of source items that the service would refuse, and of what is made of them, where another source item stands in
   * for one of their outputs: whether they were refused before depends on who came first.
   */
  undecided: Set<string>
}

export function expectedOf(source: MemoryTable): Expected {
  const expected: Expected = { outputs: new Map(), quarantined: new Set(), collisions: 0, undecided: new Set() }
  for (const item of source.items()) {
    const from = encodeKey(keyOf(source.schema, item)!)
    const outputs = expectedOutputs(item)
    if (outputs === 'quarantined') expected.quarantined.add(from)
    else
      for (const output of outputs) {
        const key = encodeKey(keyOf(source.schema, output)!)
        const rival = expected.outputs.get(key)
        if (rival) expected.collisions++
        if (!rival || from < rival.source) expected.outputs.set(key, { item: output, source: from })
      }
  }
  for (const item of source.items()) {
    const from = encodeKey(keyOf(source.schema, item)!)
    if (!expected.quarantined.has(from)) continue
    const keys = possibleOutputs(item).map((output) => encodeKey(keyOf(source.schema, output)!))
    if (!keys.some((key) => expected.outputs.has(key))) continue
    for (const key of [from, ...keys]) expected.undecided.add(key)
  }
  return expected
}

/**
 * I1–I4: whether the destination is the migrated source, exactly.
 * @param planted keys that somebody else made wrong.
 * @param before only keys that were last touched before this time, true ms since the epoch, must be right.
 */
export function checkDestination(
  source: MemoryTable,
  destination: MemoryTable,
  { touched }: ChangeLog,
  planted: ReadonlySet<string>,
  before = Number.POSITIVE_INFINITY,
): Violation | undefined {
  const { outputs, undecided } = expectedOf(source)
  const counts = (key: string) => (touched.get(key) ?? 0) < before && !undecided.has(key) && !planted.has(key)
  for (const [key, { item, source: from }] of outputs) {
    if (!counts(key)) continue
    const found = destination.find(decodeKey(key))
    if (!found) return violation('lost', `${key}, made of ${from}, is not in the destination`, { keys: [key, from] })
    if (!isDeepStrictEqual(found, item))
      return violation('stale', `${key}, made of ${from}, is not as the source has it now`, { keys: [key, from] })
  }
  for (const item of destination.items()) {
    const key = encodeKey(keyOf(source.schema, item)!)
    if (outputs.has(key) || !counts(key)) continue
    const name = touched.has(key) ? 'resurrected' : 'orphan'
    return violation(name, `${key} is in the destination, and nothing in the source makes it`, { keys: [key] })
  }
  return undefined
}

/** I11: whether exactly the items that cannot be migrated are listed, of those last changed before a time. */
export function checkQuarantine(
  source: MemoryTable,
  ledger: LedgerStore,
  run: string,
  { changed }: ChangeLog,
  before = Number.POSITIVE_INFINITY,
): Violation | undefined {
  const { quarantined, undecided } = expectedOf(source)
  const prefix = `QUARANTINE#${run}#`
  const listed = new Set(
    ledger.memory
      .rows()
      .filter(({ pk, cleared }) => pk.startsWith(prefix) && !cleared)
      .map(({ key }) => key as string),
  )
  const counts = (key: string) => (changed.get(key) ?? 0) < before && !undecided.has(key)
  for (const key of quarantined)
    if (!listed.has(key) && counts(key))
      return violation('quarantine', `${key} cannot be migrated and is not listed`, { keys: [key] })
  for (const key of listed)
    if (!quarantined.has(key) && counts(key))
      return violation('quarantine', `${key} is listed and can be migrated`, { keys: [key] })
  return undefined
}

/** I6 where nothing changed meanwhile: copy read every item once and wrote every output once. */
export function checkTotals(source: MemoryTable, checks: LedgerChecks, run: string): Violation | undefined {
  const { outputs, quarantined } = expectedOf(source)
  const copy = sumOf(checks, run, 'copy')
  return differing([
    ['copy read', copy.read, source.size],
    ['copy quarantined', copy.quarantined, quarantined.size],
    ['copy produced', copy.produced, outputs.size],
  ])
}

/** Whether the list of a verification holds as many differences as its tallies count. */
export function checkListed(
  checks: LedgerChecks,
  run: string,
  verification: number,
  listed: number,
): Violation | undefined {
  const { missing, different } = sumOf(checks, run, `verify.${verification}`)
  const { orphan } = sumOf(checks, run, `orphans.${verification}`)
  return differing([['differences listed', listed, missing + different + orphan]])
}

export function sumOf(checks: LedgerChecks, run: string, pass: string) {
  return checks.of(run, pass).reduce((sum, { tallies }) => addTallies(sum, tallies), noTallies)
}

/** The first sum that is not as expected. */
export function differing(sums: (readonly [what: string, got: number, expected: number])[]): Violation | undefined {
  const wrong = sums.find(([, got, expected]) => got !== expected)
  return wrong && violation('tally', `${wrong[0]} ${wrong[1]}, expected ${wrong[2]}`)
}
