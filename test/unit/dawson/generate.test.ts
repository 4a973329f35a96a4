import { describe, expect, it } from 'vitest'
import { generate } from '../../../examples/dawson/generate.ts'
import { itemBytes } from '../../../shared/dynamodb/item-size.ts'
import { encodeKey, keyOf } from '../../../shared/dynamodb/key.ts'
import { pkAndSk } from '../migrations/fixtures.ts'

const items = [...generate({ seed: 11, items: 5_000, hotShare: 0.4 })]
const hot = items.filter((item) => text(item.pk) === 'section-outbox|docket')

function text(value: object | undefined): string {
  return value && 'S' in value ? String(value.S) : ''
}

describe('the made-up court', () => {
  it('is the same for the same seed and another for another', () => {
    const again = [...generate({ seed: 11, items: 5_000, hotShare: 0.4 })]
    const other = [...generate({ seed: 12, items: 5_000, hotShare: 0.4 })]
    expect(again).toEqual(items)
    expect(other).not.toEqual(items)
  })

  it('has as many items as asked, all with keys of their own', () => {
    expect(items).toHaveLength(5_000)
    expect(new Set(items.map((item) => encodeKey(keyOf(pkAndSk, item)!))).size).toBe(5_000)
  })

  it.each([0, 0.25, 1])('holds a share of %d in the outbox, give or take the poison', (hotShare) => {
    const court = [...generate({ seed: 3, items: 1_000, hotShare })]
    const count = court.filter((item) => text(item.pk) === 'section-outbox|docket').length
    expect(Math.abs(count - 1_000 * hotShare)).toBeLessThanOrEqual(4)
  })

  it('sorts the outbox by time, denser in recent years', () => {
    const years = hot.map((item) => Number(/^(\d{4})-\d\d-\d\dT[\d:.]+Z\|\w+$/.exec(text(item.sk))?.[1]))
    const count = (from: number, to: number) => years.filter((year) => year >= from && year <= to).length
    expect(count(2010, 2021)).toBe(hot.length)
    expect(count(2018, 2021)).toBeGreaterThan(5 * count(2010, 2013))
  })

  it('has items of 0.2 to 4 KB, 0.8 on average, but for the one that is poisonously large', () => {
    const sizes = items.map(itemBytes).sort((a, b) => a - b)
    expect(sizes.at(-1)).toBeGreaterThan(290_000)
    const usual = sizes.slice(0, -1)
    expect(usual[0]).toBeGreaterThan(200)
    expect(usual.at(-1)).toBeLessThan(4_096)
    const average = usual.reduce((sum, size) => sum + size, 0) / usual.length
    expect(average).toBeGreaterThan(700)
    expect(average).toBeLessThan(900)
  })

  it('uses every type of attribute, empty strings, nulls and numbers of 38 digits', () => {
    const seen = new Set<string>()
    JSON.stringify(items, (name, value) => {
      if (/^(S|N|B|SS|NS|BS|M|L|NULL|BOOL)$/.test(name)) seen.add(name)
      if (name === 'S' && value === '') seen.add('empty string')
      if (name === 'N' && value.length === 38) seen.add('38 digits')
      return value
    })
    expect([...seen].sort()).toEqual(
      ['38 digits', 'B', 'BOOL', 'BS', 'L', 'M', 'N', 'NS', 'NULL', 'S', 'SS', 'empty string'].sort(),
    )
  })

  it('is made lazily', () => {
    const endless = generate({ seed: 1, items: Number.MAX_SAFE_INTEGER, hotShare: 0.5 })
    expect(endless.next().done).toBe(false)
  })
})
