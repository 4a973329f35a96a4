import * as z from 'zod/mini'
import { defineMigration } from '../../../../shared/migrations/index.ts'

const order = z.object({ number: z.number(), text: z.string() })

export default [
  defineMigration({
    id: '2026-01-01-shorten',
    title: 'Only the beginning of the text is kept',
    applies: () => true,
    source: order,
    target: order,
    up: (item) => ({ ...item, text: item.text.slice(0, 10) }),
    inverse: (key) => key,
  }),
]
