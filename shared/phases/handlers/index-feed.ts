import type { TableSchema } from '../../dynamodb/key.ts'
import { ownerOf } from '../../live/fencing.ts'
import type { StreamRecord } from '../../live/ports.ts'
import { feedBuilds } from '../../live/tickets/batch.ts'
import { retryingSearch } from '../../search/retrying-search.ts'
import { ticketEngine } from './engines.ts'
import type { Handler, SearchWorld } from './world.ts'

/** Brings changes of the destination into its indices as the stream delivers them. Any error makes the whole batch come again. */
export function indexFeedHandler<E>(
  world: SearchWorld & {
    /** The records of a batch, as the mapping hands it over. */
    recordsOf(batch: E, schema: TableSchema): StreamRecord[]
  },
): Handler<E, void> {
  const { ledger, runtime, options, searchHash: hash, openSearch, recordsOf } = world
  const table = options.destinationTable
  return async (batch) => {
    const { run } = await ownerOf(ledger, table)
    await feedBuilds(recordsOf(batch, run.schema), {
      ...{ ledger, runtime, table, hash },
      search: retryingSearch(await openSearch(), runtime),
      engineOf: (of, build, ask) => ticketEngine(world, of, build, ask),
    })
  }
}
