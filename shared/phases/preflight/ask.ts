import { Refusal } from '../refusal.ts'
import { type Finding, type Found, type Whose, whoseWords } from './finding.ts'
import { isUnanswered } from './operations.ts'
import type { Probe, RunSubject, Subject } from './probe.ts'
import { besideProbes, ownProbes, runProbes } from './probes.ts'

/** CloudTrail takes two look-ups a second in a region. */
export const lookUpEveryMs = 500

/** Look-ups of one preflight, and the time after which none begins: the command waits for it for 30 s. */
const mostLookUps = 8
const lookUpsWithinMs = 10_000

/**
 * Everything that stands in the way of a run, for `segue preflight`.
 * @throws DynamoDbError as tables and ledger do.
 */
export async function allFindings(subject: RunSubject): Promise<Finding[]> {
  const trace = tracing(subject)
  const all: Finding[] = []
  const take = async (probe: string, findings: Found[]) => {
    for (const found of findings) all.push({ probe, ...(await trace(found)) })
  }
  for (const [probe, { findings }] of Object.entries<Probe<RunSubject>>(runProbes))
    await take(probe, await findings(subject))
  for await (const [probe, findings] of found(subject)) await take(probe, findings)
  return all
}

/**
 * The findings of a run that begins and that do not keep it from that.
 * @throws Refusal by the first that does; DynamoDbError as tables and ledger do.
 */
export async function refuseByFindings(subject: Subject): Promise<Finding[]> {
  const trace = tracing(subject)
  const all: Finding[] = []
  for await (const [probe, findings] of found(subject)) {
    const first = findings.find(isBlocking)
    if (first) throw refusalOf(first, await trace(first), subject.runtime.clock())
    for (const each of findings) all.push({ probe, ...(await trace(each)) })
  }
  return all
}

/** What each probe finds, in the order of their tables. */
async function* found(subject: Subject): AsyncGenerator<readonly [probe: string, findings: Found[]]> {
  const ask = async ([name, { findings }]: [string, Probe]) => [name, await findings(subject)] as const
  for (const own of Object.entries<Probe>(ownProbes)) yield await ask(own)
  yield* await Promise.all(Object.entries<Probe>(besideProbes).map(ask))
}

const isBlocking = (found: Found): found is Extract<Found, { blocks: true }> => found.blocks

function refusalOf({ error, what, clear }: Extract<Found, { blocks: true }>, whose: Whose, now: number): Refusal {
  const isKnown = whose.whose !== undefined || whose.since !== undefined
  return new Refusal(error, `${what}${isKnown ? ` (${whoseWords(whose, now)})` : ''}. ${clear}`)
}

/** Adds whose a finding is and since when, as far as CloudTrail says it. */
function tracing({ operations, runtime }: Subject) {
  const until = runtime.clock() + lookUpsWithinMs
  let lookUps = 0
  let isSilent = false
  return async <F extends Found>({ calls, ...found }: F): Promise<Omit<F, 'calls'>> => {
    if (!calls || found.whose !== undefined) return found
    for (const event of calls.events) {
      if (isSilent || lookUps >= mostLookUps || runtime.clock() >= until) return found
      if (lookUps++ > 0) await runtime.sleep(lookUpEveryMs)
      const answer = await operations.calls(event)
      if (isUnanswered(answer)) {
        // Denied, or out of reach: so would the next one be, for which a run would wait again.
        isSilent = true
        return found
      }
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
