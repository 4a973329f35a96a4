import { encodeKey } from '../dynamodb/key.ts'
import { readHead } from '../ledger/heads.ts'
import { inParallel } from '../runtime/parallel.ts'
import { changesOf, keyOfChange } from './changes.ts'
import { isLeftOut } from './decide.ts'
import type { LiveEngine } from './engine.ts'
import type { StreamRecord } from './ports.ts'
import { isListedFor } from './quarantine.ts'
import type { ShardDrainEngine } from './shard-drain.ts'

/** Records checked at once, with a few reads of the ledger each. */
const lookupsAtOnce = 8

export interface AppliedEngine extends Pick<LiveEngine, 'ledger' | 'run' | 'schema' | 'migrations'> {
  /** Copy handles changes from before this moment (ms). */
  since: number
}

/**
 * Whether a record has been applied: the head of every destination key it changes has its source item's number or a
 * later one (or is contested by too many source items to hold this one), and an item that it made impossible to migrate
 * is on the quarantine list. A record without changes counts as applied.
 *
 * A contested head alone proves nothing: it may have been contested and settled before this record.
 */
async function isApplied(record: StreamRecord, engine: AppliedEngine): Promise<boolean> {
  if (record.at < engine.since) return true
  const { changes, unfit } = changesOf(record, engine)
  const source = encodeKey(record.key)
  for (const change of changes) {
    const head = await readHead(engine.ledger, engine.run, keyOfChange(change))
    if (head && isLeftOut(head, source)) continue
    const seen = head?.sources[source]
    if (seen === undefined || seen < record.seq) return false
  }
  return !unfit || isListedFor(record, engine)
}

/** The feed of live changes from the source's stream into the destination. */
export function sourceFeed(
  engine: Pick<LiveEngine, 'ledger' | 'run' | 'schema' | 'migrations'>,
): Pick<ShardDrainEngine, 'feed' | 'countApplied'> {
  return { feed: engine.run, countApplied: (records, since) => countApplied(records, { ...engine, since }) }
}

/** How many records, from the first on, have been applied. */
export function countApplied(records: StreamRecord[], engine: AppliedEngine): Promise<number> {
  return countWhile(records, (record) => isApplied(record, engine))
}

/** How many records, from the first on, fulfil a condition that takes a few reads of the ledger. */
export async function countWhile(
  records: StreamRecord[],
  holds: (record: StreamRecord) => Promise<boolean>,
): Promise<number> {
  for (let i = 0; i < records.length; i += lookupsAtOnce) {
    const held = await inParallel(lookupsAtOnce, records.slice(i, i + lookupsAtOnce), holds)
    const open = held.indexOf(false)
    if (open >= 0) return i + open
  }
  return records.length
}
