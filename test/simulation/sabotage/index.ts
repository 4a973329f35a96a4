import type { FeedEngine } from '../../../shared/live/tickets/batch.ts'
import type { MadeDocument } from '../../../shared/migrations/make-document.ts'
import type { Sabotage } from './sabotage.ts'

/** Ways of breaking what the indices of the destination rely on. */
export const indexSabotages: Sabotage[] = [
  {
    name: 'no Bury: what the pass brought back stays',
    module: '../../../shared/live/tickets/bury.ts',
    change: () => ({ ticketLists: () => [] }),
    by: ['not indexed'],
  },
  {
    name: 'a feed that acknowledges what it has not sent',
    module: '../../../shared/live/tickets/batch.ts',
    change: () => ({ feedBuilds: async (_: unknown, engine: FeedEngine) => void engine.runtime.clock() }),
    by: ['not indexed', 'unbounded'],
  },
  {
    name: 'a delete without the routing of its document',
    module: '../../../shared/migrations/make-document.ts',
    change: ({ makeDocument }) => ({
      makeDocument(...of: unknown[]): MadeDocument {
        const made: MadeDocument = makeDocument(...of)
        return made.kind === 'none' ? { kind: 'none', place: { id: made.place.id } } : made
      },
    }),
    by: ['not indexed'],
  },
]
