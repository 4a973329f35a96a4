import { expect, test } from 'vitest'
import { encodeKeyValue } from '../../../../shared/dynamodb/key.ts'
import type { Table } from '../../../../shared/dynamodb/ports.ts'
import { forecastKeys } from '../../../../shared/operator/plan/keys.ts'
import type { Sample } from '../../../../shared/operator/plan/sample.ts'
import { keyOfValues, pk, virtualKey } from '../../chunks/virtual-key.ts'

const schema = { pk: { name: 'pk', type: 'S' }, sk: { name: 'sk', type: 'S' } }
const sample = { sums: { writeUnits: 1, items: 1 }, fullPages: [] } as unknown as Sample

async function forecast(key: Pick<Table, 'query'>, sliceSeconds: number, itemCount: number) {
  const remembered = [{ pk, items: 1, seenAt: 0 }]
  const table = { ...key, query: key.query, schema } as unknown as Table
  const { keys } = await forecastKeys(table, remembered, sample, sliceSeconds, itemCount)
  return keys[0]!
}

/** Its estimate was 81 times too high. */
const unpadded = () =>
  keyOfValues(
    Array.from({ length: 30_947 }, (_, i) => ({
      S: `${new Date(1_631_401_200_000 + Math.floor(i / 31)).toISOString()}#${i}`,
    })),
  )
const plain = () => virtualKey(24_000, (i) => ({ S: `ITEM#${String(i).padStart(7, '0')}` }))

test('a counter without zeros in front does not multiply the estimate, whether or not the table knows its count', async () => {
  for (const itemCount of [0, 30_947]) {
    const { items } = await forecast(unpadded(), 900, itemCount)
    expect(items).toBeGreaterThan(10_316)
    expect(items).toBeLessThan(92_841)
  }
})

test('a key is forecast to hold no more than its table, and a count of 0 bounds nothing', async () => {
  expect(await forecast(plain(), 900, 20_000)).toMatchObject({ most: 20_000 })
  expect((await forecast(plain(), 900, 0)).most).toBeGreaterThanOrEqual(72_000 * 0.9)
})

test('a count that is older than the key bounds nothing below what was read', async () => {
  expect((await forecast(plain(), 900, 10)).items).toBeGreaterThan(4_000)
})

test('an estimate says how few and how many items it may be, the fewest never below what was read', async () => {
  const { items, least, most } = await forecast(plain(), 900, 0)
  expect(least).toBeGreaterThan(4_000)
  expect(least).toBeLessThan(items)
  expect(most).toBeGreaterThanOrEqual(3 * items)
})

test.each([
  [100, true, false],
  [40, false, true],
  [10, false, true],
  [4, false, false],
])('a slice of %i s for some 24 s of writing: fits %s, uncertain %s', async (seconds, fits, uncertain) => {
  expect(await forecast(plain(), seconds, 0)).toMatchObject({
    key: encodeKeyValue(pk),
    fits,
    uncertain,
    exact: false,
  })
})

test('a key that was counted fits or does not', async () => {
  const counted = virtualKey(30, (i) => ({ S: String(i).padStart(4, '0') }))
  expect(await forecast(counted, 1, 30)).toMatchObject({
    exact: true,
    items: 30,
    least: 30,
    most: 30,
    fits: true,
    uncertain: false,
  })
})
