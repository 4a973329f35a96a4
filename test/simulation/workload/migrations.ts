import type { Attributes } from '../../../shared/dynamodb/attributes.ts'
import { defineMigration, type Migration } from '../../../shared/migrations/index.ts'
import type { StandardSchema } from '../../../shared/migrations/standard-schema.ts'

/** Items of the simulator, loosely: what a migration reads of them is always there. */
type Loose = { [name: string]: string | number }

const anything: StandardSchema<Loose> = {
  '~standard': { version: 1, vendor: 'simulation', validate: (value) => ({ value: value as Loose }) },
}

/** Refuses outputs that are marked as bad. */
// biome-ignore lint/suspicious/noExplicitAny: outputs are of many shapes, and checked against another oracle.
const good: StandardSchema<any> = {
  '~standard': {
    version: 1,
    vendor: 'simulation',
    validate: (value) =>
      value && typeof value === 'object' && 'bad' in value
        ? { issues: [{ message: 'bad', path: ['bad'] }] }
        : { value },
  },
}

/** The migrations as a user writes them: two, applied in this order. */
export const migrations: Migration[] = [
  defineMigration({
    id: '2026-01-01-edit',
    title: 'Marks what is to be edited.',
    applies: { attribute: { name: 'kind', equals: 'edit' } },
    source: anything,
    target: good,
    up: (item) => ({ ...item, edited: true }),
  }),
  defineMigration({
    id: '2026-01-02-shape',
    title: 'Moves, splits, drops and fails items.',
    applies: ({ kind }) => ['move', 'split', 'drop', 'throw', 'reject'].includes(String(kind)),
    source: anything,
    target: good,
    up: ({ toPk, ...item }) => {
      switch (item.kind) {
        case 'move':
          return { ...item, pk: toPk }
        case 'split':
          return [
            { ...item, part: 1 },
            { ...item, pk: toPk, part: 2 },
          ]
        case 'drop':
          return null
        case 'throw':
          throw new RangeError('an item that cannot be migrated')
        default:
          return { ...item, bad: true }
      }
    },
  }),
]

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
      return 'quarantined'
    default:
      throw new Error(`There is no kind ${kind}`)
  }
}
