import { Refusal } from '../refusal.ts'
import { type Finding, type Found, type Whose, whoseWords } from './finding.ts'
import { isUnanswered } from './operations.ts'
import type { Probe, RunSubject, Subject } from './probe.ts'
import { probes, runProbes } from './probes.ts'

/** CloudTrail takes two look-ups a second in a region. */
export const lookUpEveryMs = 500

/** Look-ups of one preflight: the command waits for it. */
const mostLookUps = 8

/**
 * Everything that stands in the way of a run, for `segue preflight`.
 * @throws DynamoDbError as tables and ledger do.
 */
export async function allFindings(subject: RunSubject): Promise<Finding[]> {
  const trace = tracing(subject)
  const all: Finding[] = []
  for (const [probe, { findings }] of Object.entries<Probe<RunSubject>>({ ...runProbes, ...probes }))
    for (const found of await findings(subject)) all.push({ probe, ...(await trace(found)) })
  return all
}

/**
 * The findings of a run that begins and that do not keep it from that.
 * @throws Refusal by the first that does; DynamoDbError as tables and ledger do.
 */
export async function refuseByFindings(subject: Subject): Promise<Finding[]> {
  const trace = tracing(subject)
  const all: Finding[] = []
  for (const [probe, { findings }] of Object.entries<Probe>(probes)) {
    const found = await findings(subject)
    const first = found.find(isBlocking)
    if (first) throw refusalOf(first, await trace(first), subject.runtime.clock())
    for (const each of found) all.push({ probe, ...(await trace(each)) })
  }
  return all
}

const isBlocking = (found: Found): found is Extract<Found, { blocks: true }> => found.blocks

function refusalOf({ error, what, clear }: Extract<Found, { blocks: true }>, whose: Whose, now: number): Refusal {
  const isKnown = whose.whose !== undefined || whose.since !== undefined
  return new Refusal(error, `${what}${isKnown ? ` (${whoseWords(whose, now)})` : ''}. ${clear}`)
}

/** Adds whose a finding is and since when, as far as CloudTrail says it. */
function tracing({ operations, runtime }: Subject) {
  let lookUps = 0
  return async <F extends Found>({ calls, ...found }: F): Promise<Omit<F, 'calls'>> => {
    if (!calls || found.whose !== undefined) return found
    for (const event of calls.events) {
      if (lookUps >= mostLookUps) return found
      if (lookUps++ > 0) await runtime.sleep(lookUpEveryMs)
      const answer = await operations.calls(event)
      if (isUnanswered(answer)) return found
      const last = answer.find(({ tables }) => tables.some((table) => names(table, calls.table)))
      if (last) return { since: last.at, ...found, ...(last.by !== '' && { whose: last.by }) }
    }
    return found
  }
}

/** Whether a name, or an ARN, perhaps of a backup or an export of it, is that of a table. */
function names(text: string, table: string): boolean {
  return text === table || text.split('/')[1] === table
}
