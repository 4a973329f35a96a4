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

/** A counter without zeros in front: its estimate is many times too high. */
const unpadded = () =>
  keyOfValues(
    Array.from({ length: 30_947 }, (_, i) => ({
      S: `${new Date(1_631_401_200_000 + Math.floor(i / 31)).toISOString()}#${i}`,
    })),
  )
const plain = () => virtualKey(24_000, (i) => ({ S: `ITEM#${String(i).padStart(7, '0')}` }))

test('a key is forecast to hold no more than its table, and a count of 0 bounds nothing', async () => {
  expect((await forecast(unpadded(), 900, 30_947)).items).toBe(30_947)
  expect((await forecast(unpadded(), 900, 0)).items).toBeGreaterThan(100_000)
})

test('a count that is older than the key bounds nothing below what was read', async () => {
  expect((await forecast(plain(), 900, 10)).items).toBeGreaterThan(4_000)
})

test.each([
  [100, true, false],
  [40, false, true],
  [10, false, true],
  [5, false, false],
])('a slice of %i s for some 24 s of writing: fits %s, uncertain %s', async (seconds, fits, uncertain) => {
  expect(await forecast(plain(), seconds, 24_000)).toMatchObject({
    key: encodeKeyValue(pk),
    fits,
    uncertain,
    exact: false,
  })
})

test('a key that was counted fits or does not', async () => {
  const counted = virtualKey(40, (i) => ({ S: String(i).padStart(4, '0') }))
  expect(await forecast(counted, 1, 40)).toMatchObject({ exact: true, items: 40, fits: true, uncertain: false })
})
