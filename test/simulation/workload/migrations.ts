import type { Attributes } from '../../../shared/dynamodb/attributes.ts'
import { defineMigration, type Migration } from '../../../shared/migrations/index.ts'
import type { StandardSchema } from '../../../shared/migrations/standard-schema.ts'

// biome-ignore lint/suspicious/noExplicitAny: items are of many shapes, and outputs are checked against another oracle.
const anything: StandardSchema<any> = {
  '~standard': { version: 1, vendor: 'simulation', validate: (value) => ({ value }) },
}

/** The migrations as a user writes them: two, applied in this order. */
export const migrations: Migration[] = [
  defineMigration({
    id: '2026-01-01-edit',
    title: 'Marks what is to be edited.',
    applies: { attribute: { name: 'kind', equals: 'edit' } },
    source: anything,
    target: anything,
    up: (item) => ({ ...item, edited: true }),
  }),
  defineMigration({
    id: '2026-01-02-shape',
    title: 'Moves, splits, drops and fails items.',
    applies: ({ kind }) => ['move', 'split', 'half', 'drop', 'throw'].includes(String(kind)),
    source: anything,
    target: anything,
    up: ({ toPk, ...item }) => {
      switch (item.kind) {
        case 'move':
          return { ...item, pk: toPk }
        case 'split':
        case 'half':
          return [
            { ...item, part: 1 },
            { ...item, pk: toPk, part: 2 },
          ]
        case 'drop':
          return null
        default:
          throw new RangeError('an item that cannot be migrated')
      }
    },
  }),
]

/** The same with a mistake in them, which is noticed late: what they make of any item is wrong. */
export const flawedMigrations: Migration[] = [
  defineMigration({
    id: '2026-01-01-edit',
    title: 'Marks everything, and wrongly.',
    applies: () => true,
    source: anything,
    target: anything,
    up: (item) => ({ ...item, edited: 'wrongly' }),
  }),
  ...migrations.slice(1),
]

/** What is made of an item, whether or not the service takes it: where something of it may be for a while. */
export function possibleOutputs(item: Attributes): Attributes[] {
  const kind = (item.kind as { S: string }).S
  const made = expectedOutputs(kind === 'half' ? { ...item, kind: { S: 'split' } } : item)
  if (made !== 'quarantined') return made
  return kind === 'unwanted' ? [item] : []
}

/** What must become of an item, written apart from the engine and from the migrations above. */
export function expectedOutputs(item: Attributes): Attributes[] | 'quarantined' {
  const kind = (item.kind as { S: string }).S
  const { toPk, ...rest } = item
  switch (kind) {
    case 'plain':
      return [item]
    case 'edit':
      return [{ ...item, edited: { BOOL: true } }]
    case 'move':
      return [{ ...rest, pk: toPk! }]
    case 'split':
      return [
        { ...rest, part: { N: '1' } },
        { ...rest, pk: toPk!, part: { N: '2' } },
      ]
    case 'drop':
      return []
    case 'throw':
    case 'reject':
    case 'unwanted':
    case 'half':
      return 'quarantined'
    default:
      throw new Error(`There is no kind ${kind}`)
  }
}
