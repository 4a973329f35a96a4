import fc from 'fast-check'
import type { KeyType, KeyValue } from '../../../shared/dynamodb/attributes.ts'

const text = (S: string): KeyValue => ({ S })
const number = (N: string): KeyValue => ({ N })
const bytes = (B: Uint8Array): KeyValue => ({ B })
const fits = (S: string) => Buffer.byteLength(S) <= 1024

/** Code points from everywhere, without lone surrogates: DynamoDB stores UTF-8. */
const unicode = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 })
const emoji = fc.string({
  unit: fc.constantFrom('😀', '🦊', '\uffff', '\ue000', '\ud7ff', 'é', 'z', '\u{10FFFF}'),
  minLength: 1,
  maxLength: 6,
})
const prefixed = fc
  .string({ unit: fc.constantFrom('a', 'b', '#', '0'), maxLength: 6 })
  .map((tail) => `TENANT#42#ORDER#${tail}`)
const oneSecond = fc.integer({ min: 0, max: 999 }).map((ms) => `2021-09-11T02:13:45.${String(ms).padStart(3, '0')}Z`)
const timestamp = fc.integer({ min: 0, max: 2 ** 41 }).map((ms) => new Date(ms).toISOString())
const clustered = fc
  .tuple(fc.constantFrom('0', '5', 'f'), fc.constantFrom('0', 'f'), fc.nat(40))
  .map(([first, fill, n]) => first + fill.repeat(30) + n.toString(16).padStart(2, '0'))
const longest = fc
  .tuple(fc.constantFrom('a', 'é', '😀'), fc.string({ unit: fc.constantFrom('x', 'y', 'é', '😀'), maxLength: 8 }))
  .map(([unit, tail]) => unit.repeat((1024 - Buffer.byteLength(tail)) / Buffer.byteLength(unit)) + tail)
const mixedLongest = fc
  .array(fc.constantFrom('a', 'é', '😀', '0'), { minLength: 1024, maxLength: 1024 })
  .map((units) => Buffer.from(units.join('')).subarray(0, 1024).toString('utf8').replace(/�+$/, ''))

const digits = (length: number) =>
  fc.string({ unit: fc.constantFrom('0', '1', '5', '9'), minLength: 1, maxLength: length })
export const anyNumber = fc
  .tuple(fc.constantFrom('', '-'), fc.integer({ min: 1, max: 9 }), digits(37), fc.integer({ min: -130, max: 125 }))
  .map(([sign, first, rest, exponent]) => `${sign}${first}.${rest}E${exponent}`)
const tinyNumber = fc
  .tuple(fc.constantFrom('', '-'), fc.integer({ min: 1, max: 99 }))
  .map(([sign, n]) => `${sign}${n}E-130`)
const plainNumber = fc.oneof(
  fc.integer({ min: -500, max: 500 }).map(String),
  fc.integer({ min: -99, max: 99 }).map((n) => (n / 8).toFixed(3)),
)

const singleByte = fc.uint8Array({ minLength: 1, maxLength: 1 })
const anyBytes = fc.uint8Array({ minLength: 1, maxLength: 8 })
const longestBytes = fc.tuple(fc.constantFrom(0x00, 0xff), anyBytes).map(([fill, tail]) => {
  const value = new Uint8Array(1024).fill(fill)
  value.set(tail, 1024 - tail.length)
  return value
})

const texts = [unicode, emoji, prefixed, oneSecond, timestamp, clustered, longest].map((each) =>
  each.filter(fits).map(text),
)
const numbers = [anyNumber, tinyNumber, plainNumber, fc.constant('0')].map((each) => each.map(number))
const binaries = [singleByte, anyBytes, longestBytes].map((each) => each.map(bytes))

/** Any valid sort key of one type. */
export const keyValue: Record<KeyType, fc.Arbitrary<KeyValue>> = {
  S: fc.oneof(...texts.map((arbitrary) => ({ arbitrary, weight: 20 })), {
    arbitrary: mixedLongest.map(text),
    weight: 1,
  }),
  N: fc.oneof(...numbers),
  B: fc.oneof(...binaries),
}

export const keyType = fc.constantFrom<KeyType>('S', 'N', 'B')

/** Sort keys of one partition key, unsorted and with repeats: mixtures of a type's shapes, or one shape alone. */
export function keyValues(maxLength: number): fc.Arbitrary<KeyValue[]> {
  const shapes = [...texts, ...numbers, ...binaries, ...Object.values(keyValue)]
  return fc.oneof(...shapes.map((shape) => fc.array(shape, { minLength: 1, maxLength })))
}
