import { readTicket } from '../../ledger/tickets.ts'
import { countWhile } from '../applied.ts'
import type { StreamRecord } from '../ports.ts'
import type { ShardDrainEngine } from '../shard-drain.ts'
import { isSent } from './decide.ts'
import type { TicketEngine } from './engine.ts'
import { hasDocuments } from './send.ts'

type FeedEngine = Pick<TicketEngine, 'build' | 'ledger' | 'documentsOf'>

/** The feed of a build, from the stream of the table that is indexed. */
export function buildFeed(engine: FeedEngine): Pick<ShardDrainEngine, 'feed' | 'countApplied'> {
  return { feed: engine.build, countApplied: (records, since) => countSent(records, since, engine) }
}

/**
 * How many records, from the first on, are in the indices: documents of their items, read after them, were sent.
 * @param since the pass sees changes from before this moment, ms since the epoch.
 */
function countSent(records: StreamRecord[], since: number, engine: FeedEngine): Promise<number> {
  return countWhile(records, async ({ key, seq, at }) => {
    if (at < since || !hasDocuments(key, engine)) return true
    return isSent(await readTicket(engine.ledger, engine.build, key), seq)
  })
}
