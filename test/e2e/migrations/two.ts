import { defineMigration } from 'dynamodb-segue'
import * as z from 'zod/mini'

const item = z.object({ pk: z.string(), sk: z.string() })

export default [
  defineMigration({
    id: 'mark',
    title: 'Every item is marked',
    applies: () => true,
    source: item,
    target: item,
    up: (before) => ({ ...before, mark: 2 }),
  }),
]
