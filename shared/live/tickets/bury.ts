import { burialOf, endBurial, hourOf } from '../../ledger/burials.ts'
import type { Stopped, StopReason } from '../../ledger/fencing.ts'
import { burialPk, ticketPk } from '../../ledger/keys.ts'
import { ticketBuckets, ticketOf } from '../../ledger/tickets.ts'
import type { Deadline } from '../../runtime/ports.ts'
import { type List, workThrough } from '../list-work.ts'
import { needsBurying } from './decide.ts'
import type { TicketEngine } from './engine.ts'
import { sendChanged } from './send.ts'

/**
 * OpenSearch remembers the version of a deleted document for a while, and forgets it on a restart. A request that is
 * older than the delete, and lands after that, brings the document back. So a delete is sent once more when nothing
 * older can be under way: by the walk once the pass is quiet, and by the monitor where a ticket was older.
 */

/**
 * Every ticket of a build, with work that sends again what the pass may have brought back. For when the build is quiet. Walked
 * once: a ticket behind the walk was taken during quiet.
 */
export function ticketLists(engine: TicketEngine): List[] {
  return Array.from({ length: ticketBuckets }, (_, bucket) => ({
    pk: ticketPk(engine.build, bucket),
    workOf: (rows) =>
      rows
        .map((row) => ({ at: row.sk, ticket: ticketOf(row) }))
        .filter(({ ticket }) => needsBurying(ticket))
        .map(({ at, ticket: { key } }) => ({ at, work: () => sendChanged([{ key }], engine) })),
  }))
}

/**
 * Sends the deletes again that are due.
 * @param from an hour, see {@link hourOf}: every burial of the hours before it is done, and none is added.
 * @returns the same for the next call.
 */
export async function buryDue(
  from: number,
  engine: TicketEngine & { deadline: Deadline; whyStop: StopReason },
): Promise<{ from: number } | Stopped> {
  const { build, ledger, runtime, lifetimeMs } = engine
  const now = runtime.clock()
  const hours = Array.from({ length: Math.max(0, hourOf(now) - from + 1) }, (_, i) => from + i)
  const lists = hours.map((hour): List => ({ pk: burialPk(build, hour), workOf }))
  const found = await workThrough(lists, { shard: 0, after: '' }, engine)
  if (found.outcome === 'stopped') return found
  // A burial is stored when its ticket was sent, which may be later than its due.
  const complete = hourOf(now - lifetimeMs)
  const reached = found.outcome === 'more' ? from + found.from.shard : complete
  return { from: Math.max(from, Math.min(reached, complete)) }

  function workOf(rows: Parameters<List['workOf']>[0]) {
    return rows.flatMap((row) => {
      const burial = burialOf(row)
      if (!burial || burial.due > now) return []
      const work = async () => {
        await sendChanged([{ key: burial.key }], engine)
        await endBurial(ledger, build, burial, runtime.clock())
      }
      return [{ at: row.sk, work }]
    })
  }
}
