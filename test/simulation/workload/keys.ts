import type { KeyType, KeyValue } from '../../../shared/dynamodb/attributes.ts'
import type { Dice } from '../dice.ts'

/** How the sort keys of one table look; `none` is a table without them. */
export type SortKeys =
  | 'timestamps'
  | 'ulids'
  | 'hex'
  | 'padded'
  | 'emoji'
  | 'free'
  | 'whole'
  | 'decimal'
  | 'bytes'
  | 'none'

const styles: Record<SortKeys, { type: KeyType; make(dice: Dice): KeyValue }> = {
  timestamps: { type: 'S', make: (dice) => ({ S: timestamp(dice) }) },
  ulids: { type: 'S', make: (dice) => ({ S: `01H${letters(dice, '0123456789ABCDEFGHJKMNPQRSTVWXYZ', 12)}` }) },
  hex: { type: 'S', make: (dice) => ({ S: letters(dice, '0123456789abcdef', dice.whole(6, 12)) }) },
  padded: { type: 'S', make: (dice) => ({ S: `order#${String(dice.whole(0, 99_999)).padStart(8, '0')}` }) },
  // Above U+FFFF, where UTF-16 and UTF-8 order differ, and where `\uffff` is not the greatest.
  emoji: {
    type: 'S',
    make: (dice) => ({ S: letters(dice, ['a', '\uffff', '\ue000', '😀', '🦭', '\u{10ffff}'], dice.whole(1, 7)) }),
  },
  free: {
    type: 'S',
    make: (dice) => ({ S: letters(dice, ['a', 'b', 'Z', '0', '-', ' ', 'é', '~', '\u0001'], dice.whole(1, 10)) }),
  },
  whole: { type: 'N', make: (dice) => ({ N: String(dice.whole(-50_000, 50_000)) }) },
  decimal: { type: 'N', make: (dice) => ({ N: decimal(dice) }) },
  bytes: {
    type: 'B',
    make: (dice) => ({ B: Uint8Array.from({ length: dice.whole(1, 5) }, () => dice.pick([0, 1, 127, 128, 254, 255])) }),
  },
  none: { type: 'S', make: () => ({ S: '' }) },
}

export const sortKeyStyles = Object.keys(styles) as SortKeys[]

export function sortKeyType(style: SortKeys): KeyType {
  return styles[style].type
}

/** Keys as applications make them: spread, or clustered in a small part of the span. */
export function makeSortKey(style: SortKeys, dice: Dice): KeyValue {
  return styles[style].make(dice)
}

/** @param isLong where it is a number, it has 19 digits. */
export function partitionKey(type: KeyType, number: number, isLong: boolean): KeyValue {
  if (type === 'N') return { N: String(BigInt(number) + (isLong ? longNumbers : 0n)) }
  const text = `pk${number}`
  return type === 'S' ? { S: text } : { B: new Uint8Array(Buffer.from(text)) }
}

/** A partition key that no source item has: one of two for each that one has, so that an item can move on. */
export function moved(pk: KeyValue, place: number): KeyValue {
  if ('S' in pk) return { S: `moved${place}#${pk.S}` }
  if ('N' in pk) return { N: String(BigInt(pk.N) + movedBy * BigInt(place + 1)) }
  return { B: new Uint8Array([0xff - place, ...pk.B]) }
}

/** The partition key that was moved here; of others, the key itself. */
export function beforeMove(pk: KeyValue): KeyValue {
  if ('S' in pk) return { S: pk.S.replace(/^moved\d#/, '') }
  if ('N' in pk) return { N: String(digitsBeforeMove(BigInt(pk.N))) }
  return pk.B[0]! >= 0xfe ? { B: pk.B.slice(1) } : pk
}

/** More than any partition key of a source item, without what all long ones have in common. */
const movedBy = 1_000_000n
/** Below all partition keys of a table with long numbers: 19 digits, as other systems draw their ids. */
export const longNumbers = 3_804_086_584_686_000_000n

export function digitsBeforeMove(digits: bigint): bigint {
  const common = digits >= longNumbers ? longNumbers : 0n
  return common + ((digits - common) % movedBy)
}

function timestamp(dice: Dice): string {
  // A key that grows: most of it is recent.
  const share = 1 - dice.next() ** 2 * 0.9
  return new Date(1_600_000_000_000 + Math.floor(share * 150_000_000_000)).toISOString()
}

function letters(dice: Dice, alphabet: string | string[], length: number): string {
  return Array.from({ length }, () => dice.pick([...alphabet])).join('')
}

/** Up to 38 digits, of any size; spelt without exponent and trailing zeros, as DynamoDB gives them back. */
function decimal(dice: Dice): string {
  const digits = `${dice.whole(1, 9)}${letters(dice, '0123456789', dice.whole(0, 30))}${dice.whole(1, 9)}`
  const point = dice.whole(1, digits.length - 1)
  const text = dice.chance(0.5) ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`
  return dice.chance(0.3) ? `-${text}` : text
}
