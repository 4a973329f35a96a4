import { describe, expect, test } from 'vitest'
import { cutsOf, surveyRange } from '../../../shared/chunks/cut.ts'
import type { KeyValue } from '../../../shared/dynamodb/attributes.ts'
import { keyOfValues, pk, type VirtualKey } from './virtual-key.ts'

const t0 = Date.parse('2021-09-11T23:00:00Z')
const iso = (ms: number) => new Date(t0 + ms).toISOString()
const day = (n: number) => iso(86_400_000 * n).slice(0, 10)
const padded = (n: number) => String(n).padStart(7, '0')
const per = (n: number, items: number) => Math.floor(n / items)

/** Many items share each timestamp, and only a counter tells them apart. */
const counted: Record<string, [size: number, (n: number) => string]> = {
  '30 a millisecond, one counter': [30_947, (n) => `${iso(per(n, 31))}#${padded(n)}`],
  '30 a millisecond, a counter in each': [30_947, (n) => `${iso(per(n, 31))}#${padded(n % 31)}`],
  '30 a millisecond, one counter without zeros': [30_947, (n) => `${iso(per(n, 31))}#${n}`],
  '30 a millisecond, a counter without zeros in each': [30_947, (n) => `${iso(per(n, 31))}#${n % 31}`],
  '300,000 of them': [300_000, (n) => `${iso(per(n, 31))}#${n}`],
  '30 in every seventh millisecond': [20_000, (n) => `${iso(7 * per(n, 30))}#${padded(n)}`],
  '30 in every seventh millisecond, without zeros': [20_000, (n) => `${iso(7 * per(n, 30))}#${n}`],
  '30 a second': [20_000, (n) => `${iso(1_000 * per(n, 30)).slice(0, 19)}Z#${padded(n % 30)}`],
  '200 a day': [20_000, (n) => `${day(per(n, 200))}#${padded(n % 200)}`],
  '200 a day, without zeros': [20_000, (n) => `${day(per(n, 200))}#${n}`],
  '2,000 a day, without zeros': [60_000, (n) => `${day(per(n, 2_000))}#${n}`],
  'nothing but a counter without zeros': [30_000, (n) => `ITEM#${n}`],
}

/** Symbols at the borders of their encodings, of every script, and those that look like others. */
const nasty = Array.from(
  '\u0000\u0001 "0Zaz\u007f\u0080é\u0301ß\u07ff\u0800\u200b\u202e漢字\ud7ff\ue000\ufffd\uffff\u{10000}😀🦊\u{10ffff}',
)
const vowels = Array.from('aeiouéèüöñßçłøåıškt')
const surnames = ['Müller', 'Ärzte', 'Žižek', 'Øst', 'smith', 'O’Brien', '李', '王', 'Ñandú', 'ﬀ']

/** A fixed sequence of numbers in [0, 1) that look random. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x9e3779b9) | 0
    let hash = Math.imul(state ^ (state >>> 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
  }
}

type Random = () => number
const below = (random: Random, limit: number) => Math.floor(random() * limit)
const oneOf = <T>(random: Random, all: readonly T[]) => all[below(random, all.length)] as T
const anySymbol = (random: Random, symbols = 0x10f800) => {
  const point = below(random, symbols)
  return String.fromCodePoint(point < 0xd800 ? point : point + 0x800)
}
const times = (count: number, symbol: () => string) => Array.from({ length: count }, symbol).join('')

const hostile: Record<string, (random: Random, n: number) => KeyValue> = {
  'any symbols': (r) => ({ S: times(1 + below(r, 12), () => anySymbol(r)) }),
  'symbols of the basic plane': (r) => ({ S: times(2 + below(r, 3), () => anySymbol(r, 0xf800)) }),
  'Chinese names': (r) => ({ S: times(2 + below(r, 2), () => String.fromCodePoint(0x4e00 + below(r, 20_000))) }),
  'Chinese names, some often': (r) => ({
    S: times(2 + below(r, 2), () => String.fromCodePoint(0x4e00 + Math.floor(20_000 * r() ** 3))),
  }),
  'one symbol each': (_, n) => ({ S: String.fromCodePoint(0x4e00 + n) }),
  'nasty symbols': (r) => ({ S: times(1 + below(r, 8), () => oneOf(r, nasty)) }),
  'a nasty symbol and any others': (r) => ({ S: oneOf(r, nasty) + times(1 + below(r, 4), () => anySymbol(r)) }),
  'a nasty symbol and a counter': (r, n) => ({ S: `${oneOf(r, nasty)}${n}` }),
  'a counter and a nasty symbol': (r, n) => ({ S: `${n}${oneOf(r, nasty)}` }),
  'names of several scripts': (r) => ({ S: `${oneOf(r, surnames)} ${times(3 + below(r, 5), () => oneOf(r, vowels))}` }),
  'addresses of mail': (r) => ({
    S: `${times(4 + below(r, 7), () => oneOf(r, Array.from('abcdefghijklmnopqrstuvwxyz.')))}@${oneOf(r, ['gmail.com', 'example.org'])}`,
  }),
  UUIDs: (r) => ({
    S: [8, 4, 4, 4, 12].map((n) => times(n, () => oneOf(r, Array.from('0123456789abcdef')))).join('-'),
  }),
  'numbers of every magnitude': (r) => ({
    N: `${oneOf(r, ['', '-'])}${1 + below(r, 9)}.${below(r, 1e9)}E${below(r, 250) - 125}`,
  }),
  'numbers crowded and spread': (_, n) => ({
    N: n % 3 === 0 ? String(-(n ** 3) / 8) : n % 3 === 1 ? `${n}.0${n}1` : `${(n + 1) * 7}E+20`,
  }),
  'bytes of several lengths': (_, n) => ({
    B: Uint8Array.from([n % 5 === 0 ? 255 : 7, (n >> 8) & 255, n & 255, ...Array.from({ length: n % 4 }, () => 255)]),
  }),
}

const keys: [string, () => VirtualKey][] = [
  ...Object.entries(counted).map(([name, [size, spell]]): [string, () => VirtualKey] => [
    name,
    () => keyOfValues(Array.from({ length: size }, (_, n) => ({ S: spell(n) }))),
  ]),
  ...Object.entries(hostile).map(([name, spell]): [string, () => VirtualKey] => [
    name,
    () => {
      const random = randomOf(7)
      return keyOfValues(Array.from({ length: 24_000 }, (_, n) => spell(random, n)))
    },
  ]),
]

describe('the items of a key are estimated within a factor of three, for less than 13,000 reads', () => {
  test.each(keys)('%s', async (_, make) => {
    const key = make()
    const whole = await surveyRange(key, { pk })
    expect(key.itemsRead()).toBeLessThan(13_000)
    expectNear(whole.estimatedItems, key.size)
    expect(whole.between[0]).toBeGreaterThanOrEqual(whole.runs.flat().length)
    expect(whole.between[1]).toBeGreaterThanOrEqual(whole.estimatedItems)

    // What is left of it after a tenth, as a slice sees it.
    const done = Math.floor(key.size / 10)
    const rest = await surveyRange(key, { pk, after: key.keyAt(done - 1) }, { points: 24, descents: 12 })
    expectNear(rest.estimatedItems, key.size - done)
  })
})

test.each(keys.filter(([name]) => /symbol|Chinese|scripts/.test(name)))(
  'no range of sixteen holds more than six tenths of a key of %s',
  async (_, make) => {
    const key = make()
    const counts = [0, ...cutsOf(await surveyRange(key, { pk }), 16).map(key.countUpTo), key.size]
    const largest = Math.max(...counts.slice(1).map((upTo, index) => upTo - counts[index]!))
    expect(largest / key.size).toBeLessThan(0.6)
  },
)

function expectNear(estimate: number, truth: number): void {
  expect(estimate).toBeGreaterThan(truth / 3)
  expect(estimate).toBeLessThan(truth * 3)
}
