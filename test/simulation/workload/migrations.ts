import { isDeepStrictEqual } from 'node:util'
import type { Attributes } from '../../../shared/dynamodb/attributes.ts'
import { defineMigration, type Migration } from '../../../shared/migrations/index.ts'
import { isNumberValue } from '../../../shared/migrations/number-value.ts'
import type { StandardSchema } from '../../../shared/migrations/standard-schema.ts'
import { digitsBeforeMove } from './keys.ts'

// biome-ignore lint/suspicious/noExplicitAny: items are of many shapes, and outputs are checked against another oracle.
const anything: StandardSchema<any> = {
  '~standard': { version: 1, vendor: 'simulation', validate: (value) => ({ value }) },
}

/** The migrations as a user writes them: two, applied in this order. */
const migrations: Migration[] = [
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
const flawedMigrations: Migration[] = [
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

/** The migrations of one seed, with and without the mistake. */
export function migrationsOf({ invertible }: { invertible: boolean }): { right: Migration[]; flawed: Migration[] } {
  const as = (list: Migration[]) => (invertible ? list.map((each) => ({ ...each, inverse: inverseOf(each) })) : list)
  return { right: as(migrations), flawed: as(flawedMigrations) }
}

/** How a user maps a destination key back: the first migration keeps keys, the second moves some. */
function inverseOf({ id }: Migration): NonNullable<Migration['inverse']> {
  return id.endsWith('-edit') ? (key) => key : ({ pk, ...rest }) => ({ ...rest, pk: fromWhere(pk) })
}

function fromWhere(pk: unknown): unknown {
  if (typeof pk === 'string') return pk.replace(/^moved\d#/, '')
  if (typeof pk === 'number') return Number(digitsBeforeMove(BigInt(pk)))
  if (isNumberValue(pk)) return digitsBeforeMove(pk.toBigInt())
  return pk instanceof Uint8Array && pk[0]! >= 0xfe ? pk.slice(1) : pk
}

/** What is made of an item, if there is one, whether or not the service takes it: where something of it may be for a while. */
export function possibleOutputs(item: Attributes | undefined): Attributes[] {
  if (!item) return []
  const kind = (item.kind as { S: string }).S
  const made = expectedOutputs(kind === 'half' ? { ...item, kind: { S: 'split' } } : item)
  if (made !== 'quarantined') return made
  return kind === 'unwanted' ? [item] : []
}

/** Whether no migration takes an item, or what it makes fits no index of the destination: known without the service. */
export function isUnmigratable({ kind }: Attributes): boolean {
  return isDeepStrictEqual(kind, { S: 'throw' }) || isDeepStrictEqual(kind, { S: 'reject' })
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
