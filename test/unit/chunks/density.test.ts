import { describe, expect, test } from 'vitest'
import { cutsOf, surveyRange } from '../../../shared/chunks/cut.ts'
import type { KeyValue } from '../../../shared/dynamodb/attributes.ts'
import { pk, type VirtualKey, virtualKey } from './virtual-key.ts'

const items = 1_000_000
const ways = 16

/** Where in the span of a key the u-th part of its items lies, u in [0, 1). */
const shapes = {
  uniform: (u: number) => u,
  'growing a hundredfold': (u: number) => Math.log(1 + 99 * u) / Math.log(100),
  'two clusters': (u: number) => (u < 0.7 ? 0.2 + (0.02 * u) / 0.7 : 0.8 + (0.02 * (u - 0.7)) / 0.3),
  'two clusters of a minute or so': (u: number) => (u < 0.7 ? 0.2 + (2e-6 * u) / 0.7 : 0.8 + (2e-6 * (u - 0.7)) / 0.3),
  'office hours': (u: number) => (Math.floor(u * 365) + 0.3 + 0.4 * ((u * 365) % 1)) / 365,
}

/** Half of the items within a ten-thousandth of the span. */
const burst = (u: number) => {
  if (u < 0.25) return 2 * u
  return u < 0.75 ? 0.5 + 2e-4 * (u - 0.25) : 0.5001 + 1.9996 * (u - 0.75)
}

const crockford = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const year = 365 * 86_400e3
const start = Date.parse('2021-01-01T00:00:00Z')

const spellings: Record<string, (x: number, index: number) => KeyValue> = {
  timestamps: (x, index) => ({
    S: `${new Date(start + Math.floor(x * year)).toISOString()}#${String(index).padStart(7, '0')}`,
  }),
  ULIDs: (x, index) => ({
    S: base32(start + Math.floor(x * year), 10) + base32(index, 4) + base32(scramble(index), 12),
  }),
  'hexadecimal ids': (x, index) => ({
    S:
      Math.floor(x * 2 ** 48)
        .toString(16)
        .padStart(12, '0') + scramble(index).toString(16),
  }),
  'zero-padded numbers': (x) => ({ S: `ITEM#${String(Math.floor(x * 1e15)).padStart(16, '0')}` }),
  numbers: (x) => ({ N: String(Math.floor(x * 1e15) - 5e14) }),
  bytes: (x) => {
    const value = Buffer.alloc(8)
    value.writeBigUInt64BE(BigInt(Math.floor(x * 2 ** 52)))
    return { B: new Uint8Array(value) }
  },
}

describe('a key of a million items cut in sixteen', () => {
  for (const [shape, positionOf] of Object.entries(shapes)) {
    test.each(Object.entries(spellings))(
      `${shape}, %s: no range holds more than 0.08, for reads of 1.3 %`,
      async (_, spell) => {
        const key = virtualKey(items, (index) => spell(positionOf((index + 0.5) / items), index))
        const survey = await surveyRange(key, { pk })
        expect(largestShare(key, cutsOf(survey, ways))).toBeLessThan(0.08)
        expect(key.itemsRead()).toBeLessThanOrEqual((items * 13) / 1000)
        expect(survey.estimatedItems).toBeGreaterThan(items / 3)
        expect(survey.estimatedItems).toBeLessThan(items * 3)
      },
    )
  }

  test.each(Object.entries(spellings))(
    'a burst of %s takes at most three more splits of the range that holds it',
    async (_, spell) => {
      const key = virtualKey(items, (index) => spell(burst((index + 0.5) / items), index))
      let heavy: Range | undefined = {}
      let splits = 0
      for (; heavy; splits++) {
        const ranges: Range[] = cutInto(heavy, cutsOf(await surveyRange(key, { pk, ...heavy }), ways))
        heavy = ranges.find((range) => count(key, range) > items * 0.08)
      }
      expect(splits).toBeLessThanOrEqual(4)
    },
  )
})

interface Range {
  after?: KeyValue
  upTo?: KeyValue
}

function cutInto({ after, upTo }: Range, cuts: KeyValue[]): Range[] {
  const ends = [after, ...cuts, upTo]
  return ends.slice(1).map((end, i) => ({ ...(ends[i] && { after: ends[i] }), ...(end && { upTo: end }) }))
}

function largestShare(key: VirtualKey, cuts: KeyValue[]): number {
  const counts = [0, ...cuts.map(key.countUpTo), key.size]
  return Math.max(...counts.slice(1).map((upTo, index) => upTo - counts[index]!)) / key.size
}

function count(key: VirtualKey, { after, upTo }: Range): number {
  return (upTo ? key.countUpTo(upTo) : key.size) - (after ? key.countUpTo(after) : 0)
}

function base32(value: number, length: number): string {
  let rest = value
  let text = ''
  for (let place = 0; place < length; place++) {
    text = crockford[rest % 32] + text
    rest = Math.floor(rest / 32)
  }
  return text
}

/** A fixed shuffle of 32 bits (murmur3's finaliser), so that ids look random and stay the same. */
function scramble(index: number): number {
  let hash = Math.imul(index ^ (index >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
