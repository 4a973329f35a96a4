import { defineMigration } from 'dynamodb-segue'
import * as z from 'zod/mini'

/**
 * What changes in the court's table with this release, in order. Schemas name only what a migration relies on; all
 * other attributes are carried over by `...item`.
 */

const key = { pk: z.string(), sk: z.string() }

/** For migrations that leave keys alone. */
const sameKey = <K>(item: K) => item

const renameOutboxItems = defineMigration({
  id: '2021-09-01-rename-outbox-items',
  title: 'Outbox items are work items: `entityName: OutboxItem` becomes `entityType: WorkItem`',
  applies: { attribute: { name: 'entityName', equals: 'OutboxItem' } },
  source: z.object({ ...key, entityName: z.literal('OutboxItem'), section: z.string() }),
  target: z.object({ ...key, entityType: z.literal('WorkItem'), section: z.string() }),
  up({ entityName: _, ...item }) {
    return { ...item, entityType: 'WorkItem' as const }
  },
  inverse: sameKey,
})

const rankWorkItems = defineMigration({
  id: '2021-09-02-rank-work-items',
  title: 'Work items say how urgent they are in a number: `highPriority: true` becomes `priority: 1`',
  applies: { keyPrefix: { pk: 'section-outbox|' }, attribute: { name: 'highPriority', equals: true } },
  source: z.object({ ...key, highPriority: z.literal(true) }),
  target: z.object({ ...key, priority: z.number() }),
  up({ highPriority: _, ...item }) {
    return { ...item, priority: 1 }
  },
  inverse: sameKey,
})

const correspondence = z.object({ id: z.string(), title: z.string() })

const splitCorrespondence = defineMigration({
  id: '2021-09-03-split-correspondence',
  title: 'The letters of a case get items of their own, beside the case',
  applies: { keyPrefix: { pk: 'case|', sk: 'case|' }, attribute: { name: 'hasCorrespondence', equals: true } },
  source: z.object({ ...key, correspondence: z.array(correspondence) }),
  target: z.union([
    z.object({ ...key, entityType: z.literal('Correspondence'), title: z.string() }),
    z.object({ ...key, entityType: z.literal('Case') }),
  ]),
  up({ correspondence: letters, ...item }) {
    return [
      { ...item, entityType: 'Case' as const },
      ...letters.map(({ id, title }) => ({
        pk: item.pk,
        sk: `correspondence|${id}`,
        entityType: 'Correspondence' as const,
        title,
      })),
    ]
  },
  inverse: ({ pk, sk }) => (String(sk).startsWith('correspondence|') ? { pk, sk: pk } : { pk, sk }),
})

const dropConnections = defineMigration({
  id: '2021-09-04-drop-connections',
  title: 'Connections of browsers long closed are not taken along',
  applies: { keyPrefix: { pk: 'user|', sk: 'connection|' } },
  source: z.object(key),
  target: z.object(key),
  up() {
    return null
  },
  inverse: sameKey,
})

const sortMessages = defineMigration({
  id: '2021-09-05-sort-messages',
  title: 'Messages sort by the time they were sent: `message|<id>` becomes `message|<time>|<id>`',
  applies: { keyPrefix: { pk: 'case|', sk: 'message|' } },
  source: z.object({ ...key, messageId: z.string(), createdAt: z.string() }),
  target: z.object({ ...key, messageId: z.string(), createdAt: z.string() }),
  up(item) {
    return { ...item, sk: `message|${new Date(item.createdAt).toISOString()}|${item.messageId}` }
  },
  inverse: ({ pk, sk }) => ({ pk, sk: String(sk).replace(/^message\|[^|]*\|/, 'message|') }),
})

const searchDrafts = defineMigration({
  id: '2021-09-06-search-drafts',
  title: 'Drafts can be searched: `searchText` is their text in lower case',
  applies: { keyPrefix: { sk: 'docket-entry|' }, attribute: { name: 'isDraft', equals: true } },
  source: z.object({ ...key, draftText: z.string() }),
  target: z.object({ ...key, draftText: z.string(), searchText: z.string() }),
  up(item) {
    return { ...item, searchText: item.draftText.toLowerCase() }
  },
  inverse: sameKey,
})

export default [renameOutboxItems, rankWorkItems, splitCorrespondence, dropConnections, sortMessages, searchDrafts]
