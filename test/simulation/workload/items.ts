import { isDeepStrictEqual } from 'node:util'
import type { Attributes, AttributeValue, KeyType } from '../../../shared/dynamodb/attributes.ts'
import { encodeKey, type IndexKey, type Key, type KeySchema, keyAttributes } from '../../../shared/dynamodb/key.ts'
import { hash } from '../../memory/key-order.ts'
import type { Dice } from '../dice.ts'
import type { Settings } from '../settings.ts'
import { longNumbers, makeSortKey, moved, partitionKey, type SortKeys, sortKeyStyles, sortKeyType } from './keys.ts'

/**
 * What the migrations of the simulator do with an item. None claims `plain`, nor `reject`, which the index of the
 * destination refuses, nor `unwanted`, of which only the service knows why; of `half`, it refuses one of the two outputs.
 */
export const kinds = ['plain', 'edit', 'move', 'split', 'drop', 'throw', 'reject', 'unwanted', 'half'] as const
export type Kind = (typeof kinds)[number]

/** Why the service refuses an item of the destination, which nothing else knows. */
export function refuses({ kind, part }: Attributes): string | undefined {
  const is = (value: AttributeValue | undefined, text: string) => isDeepStrictEqual(value, { S: text })
  const isUnwanted = is(kind, 'unwanted') || (is(kind, 'half') && isDeepStrictEqual(part, { N: '2' }))
  return isUnwanted ? 'something about it' : undefined
}

/** What the destination has an index over. */
export const indexKeys: IndexKey[] = [{ attributes: [{ name: 'rank', type: 'S' }], maxBytes: 2_048 }]

/** The table of one seed, and how further items of it look. */
export interface Population {
  schema: KeySchema
  sortKeys: SortKeys
  /** Partition keys that are not hot. */
  partitions: number
  /** Hot partition keys, the first of them twice as hot as the second, and so on. */
  hotKeys: number
  /** Share of the items that lie under the hot keys. */
  heat: number
  weights: Partial<Record<Kind, number>>
  /** Items hold sets, bytes, nested values and long numbers; partition keys that are numbers are long, too. */
  rich: boolean
}

export function drawPopulation(dice: Dice, further: Dice): Population {
  const sortKeys = dice.chance(0.08) ? 'none' : dice.pick(sortKeyStyles)
  const pk: KeyType = dice.weighted({ S: 8, N: 1, B: 1 })
  const schema: KeySchema = { pk: { name: 'pk', type: pk } }
  if (sortKeys !== 'none') schema.sk = { name: 'sk', type: sortKeyType(sortKeys) }
  const weights: Partial<Record<Kind, number>> = { plain: 4 }
  for (const kind of kinds) if (dice.chance(0.7)) weights[kind] = dice.between(0.3, 3)
  return {
    schema,
    sortKeys,
    partitions: dice.whole(1, 60),
    hotKeys: dice.pick([1, 1, 2, 3]),
    heat: dice.chance(0.1) ? 0 : dice.between(0.6, 0.95),
    weights,
    rich: further.chance(0.5),
  }
}

/** Distinct keys of the table as it is when the run begins: up to one of `sizes`. */
export function drawKeys(dice: Dice, population: Population, sizes: Settings['items'], share: number): Key[] {
  const most = dice.weighted(sizes)
  const size = Math.round(share * dice.whole(Math.ceil(Number(most) / 2), Number(most)))
  const keys = new Map<string, Key>()
  for (let tries = 0; keys.size < size && tries < size * 3; tries++) {
    const key = drawKey(dice, population)
    keys.set(encodeKey(key), key)
  }
  return [...keys.values()]
}

export function drawKey(dice: Dice, { schema, sortKeys, partitions, hotKeys, heat, rich }: Population): Key {
  if (sortKeys === 'none') return { pk: partitionKey(schema.pk.type, dice.whole(0, 399), rich) }
  let hot = 0
  while (hot < hotKeys - 1 && dice.chance(0.4)) hot++
  const pk = partitionKey(schema.pk.type, dice.chance(heat) ? hot : hotKeys + dice.whole(0, partitions - 1), rich)
  return { pk, sk: makeSortKey(sortKeys, dice) }
}

/**
 * An item of this key. `toPk`, and in a table with sort keys `sk` as it is, are where `move` and `split` send it: a
 * partition key that no source item has, so that outputs of different items never meet unless it is meant.
 */
export function makeItem(
  dice: Dice,
  { schema, weights, rich }: Population,
  key: Key,
  version: number,
  kind: Kind = dice.weighted(weights),
): Attributes {
  return {
    ...keyAttributes(schema, key),
    kind: { S: kind },
    version: { N: String(version) },
    toPk: moved(key.pk, dice.whole(0, 1)),
    ...(kind === 'reject' && { rank: { S: '' } }),
    ...(rich && riches(encodeKey(key), version)),
  }
}

/** Values of every type; some of them change with the version. */
function riches(key: string, version: number): Attributes {
  const digits = String(longNumbers + BigInt(hash(key)))
  const bytes = Uint8Array.from(Buffer.from(key).subarray(0, 1 + (version % 5)))
  return {
    id: { N: digits },
    names: { SS: ['a', 'é', '\u{1f9ad}', `v${version}`] },
    counts: { NS: [digits, `-${digits}`, '0', '2.50', String(version)] },
    blob: { B: bytes },
    blobs: { BS: [bytes, new Uint8Array([0, 255])] },
    deep: {
      M: {
        list: { L: [{ N: digits }, { NULL: true }, { BOOL: version % 2 === 0 }, { L: [] }, { SS: ['x'] }] },
        map: { M: { a: { S: '' }, ['__proto__']: { N: digits }, empty: { M: {} } } },
      },
    },
  }
}
