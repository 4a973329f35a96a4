import { defineMigration } from 'dynamodb-segue'
import { z } from 'zod'

/** What changes in the table, in this order. This one is an example: put yours in its place. */
export default [
  defineMigration({
    id: '2021-09-11-rename-entity-type',
    title: 'Work items are called tasks',
    applies: { attribute: { name: 'entityType', equals: 'WorkItem' } },
    source: z.looseObject({ pk: z.string(), sk: z.string(), entityType: z.literal('WorkItem') }),
    target: z.looseObject({ pk: z.string(), sk: z.string(), entityType: z.literal('Task') }),
    up: (item) => ({ ...item, entityType: 'Task' as const }),
    inverse: (key) => key,
  }),
]
