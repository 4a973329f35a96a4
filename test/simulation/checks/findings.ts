import { isDeepStrictEqual } from 'node:util'
import { encodeKey, keyOf } from '../../../shared/dynamodb/key.ts'
import type { Difference } from '../../../shared/ledger/differences.ts'
import type { Deployment } from '../deployment.ts'
import { type Violation, violation } from '../violation.ts'
import { beforeMove } from '../workload/keys.ts'
import { expectedOutputs, possibleOutputs } from '../workload/migrations.ts'
import type { LedgerChecks } from './ledger.ts'
import { differing, expectedOf, sumOf } from './outcome.ts'

type Tables = Pick<Deployment, 'source' | 'destination' | 'world'>

/** What a verification must say of the tables as they are now. Differences are named by their kind and encoded key. */
interface Findings {
  present: number
  missing: number
  different: number
  orphans: number
  differences: Set<string>
}

function findingsOf({ source: { memory: source }, destination: { memory: destination }, world }: Tables): Findings {
  const { invertible } = world.settings
  const findings: Findings = { present: 0, missing: 0, different: 0, orphans: 0, differences: new Set() }
  for (const item of source.items()) {
    const outputs = expectedOutputs(item)
    for (const output of outputs === 'quarantined' ? [] : outputs) {
      const key = keyOf(source.schema, output)!
      const there = destination.find(key)
      const kind = !there ? 'missing' : isDeepStrictEqual(there, output) ? 'present' : 'different'
      findings[kind]++
      if (kind !== 'present') findings.differences.add(`${kind} ${encodeKey(key)}`)
    }
  }
  // Without an inverse nothing is taken for an orphan.
  for (const item of invertible ? destination.items() : []) {
    const key = keyOf(source.schema, item)!
    const text = encodeKey(key)
    const made = [key, { ...key, pk: beforeMove(key.pk) }].flatMap((each) => possibleOutputs(source.find(each)))
    if (made.some((output) => encodeKey(keyOf(source.schema, output)!) === text)) continue
    findings.orphans++
    findings.differences.add(`orphan ${text}`)
  }
  return findings
}

const nameOf = ({ kind, key }: Difference) => `${kind} ${encodeKey(key)}`

/**
 * Whether a verification lists what somebody made wrong before it. The kind may be another one than is found now: a chunk
 * that was verified before a halt keeps its finding, and live changes are applied meanwhile.
 * @param touched when source items that make a destination key last changed, by encoded key.
 * @param before only keys that were last touched before this time, true ms since the epoch, must be listed.
 * @param sawDestination whether its reads saw all of the destination: those that were older missed an item put since.
 */
export function checkPlanted(
  tables: Tables,
  planted: ReadonlySet<string>,
  touched: ReadonlyMap<string, number>,
  before: number,
  listed: Difference[],
  sawDestination: boolean,
): Violation | undefined {
  const found = new Set(listed.map(({ key }) => encodeKey(key)))
  for (const difference of findingsOf(tables).differences) {
    const key = difference.slice(difference.indexOf(' ') + 1)
    if (!sawDestination && difference.startsWith('orphan')) continue
    if (!planted.has(key) || found.has(key) || (touched.get(key) ?? 0) >= before) continue
    return violation('unverified', `verify does not list ${difference}`, { keys: [key] })
  }
  return undefined
}

/**
 * Whether a verification, during which nothing changed, found what is so, and nothing else.
 * @param saw whether its reads saw all of each table.
 */
export function checkVerified(
  tables: Tables,
  checks: LedgerChecks,
  run: string,
  verification: number,
  listed: Difference[],
  saw: { source: boolean; destination: boolean },
): Violation | undefined {
  const { source, destination } = tables
  if (!saw.source || expectedOf(source.memory).undecided.size > 0) return undefined
  const verify = sumOf(checks, run, `verify.${verification}`)
  const walked = sumOf(checks, run, `orphans.${verification}`)
  const { present, missing, different, orphans, differences } = findingsOf(tables)
  const named = new Set(listed.map(nameOf))
  return differing([
    ['verify read', verify.read, source.memory.size],
    ['verify found equal', verify.present, present],
    ['verify found missing', verify.missing, missing],
    ['verify found different', verify.different, different],
    ...(saw.destination ? [['orphans read', walked.read, destination.memory.size] as const] : []),
    ['orphans found', walked.orphan, orphans],
    ['wrong differences listed', without(named, differences), 0],
    ['differences not listed', without(differences, named), 0],
  ])
}

function without(some: ReadonlySet<string>, others: ReadonlySet<string>): number {
  return [...some].filter((each) => !others.has(each)).length
}
