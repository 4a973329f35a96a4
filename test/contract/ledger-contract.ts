import { beforeEach, describe, expect, it } from 'vitest'
import type { LedgerTable, Put, Row } from '../../shared/ledger/table.ts'

/** What every {@link LedgerTable} must do. `makeLedgerTable` makes an empty one. */
export function ledgerContract(name: string, makeLedgerTable: () => Promise<LedgerTable>): void {
  let ledger: LedgerTable
  const row = (sk: string, rest: Partial<Row> = {}): Row => ({ pk: 'RUN#1', sk, ...rest })
  const any = (row: Row): Put => ({ row, expect: 'any' })

  describe(`${name} as a ledger`, () => {
    beforeEach(async () => {
      ledger = await makeLedgerTable()
    })

    it('gives back what was stored, whole rows at a time', async () => {
      const stored = row('a', {
        expiresAt: 1_800_000_000,
        text: 'día',
        empty: '',
        fraction: 0.1,
        negative: -1e-7,
        big: Number.MAX_SAFE_INTEGER,
        yes: true,
        nothing: null,
        list: [1, 'two', null, [], {}],
        map: { status: { deep: [{ a: 1 }] } },
      })
      expect(await ledger.get('RUN#1', 'a')).toBeUndefined()
      expect(await ledger.commit([any(stored)])).toBe(true)
      expect(await ledger.get('RUN#1', 'a')).toEqual(stored)
      expect(await ledger.commit([any(row('a', { other: 1 }))])).toBe(true)
      expect(await ledger.get('RUN#1', 'a')).toEqual(row('a', { other: 1 }))
    })

    it('stores no attribute that is undefined', async () => {
      await ledger.commit([any(row('a', { gone: undefined, map: { here: 1 } }))])
      expect(Object.keys((await ledger.get('RUN#1', 'a')) ?? {}).toSorted()).toEqual(['map', 'pk', 'sk'])
    })

    it('stores a row expected to be absent once', async () => {
      expect(await ledger.commit([{ row: row('a', { by: 'first' }), expect: 'absent' }])).toBe(true)
      expect(await ledger.commit([{ row: row('a', { by: 'second' }), expect: 'absent' }])).toBe(false)
      expect(await ledger.get('RUN#1', 'a')).toEqual(row('a', { by: 'first' }))
      expect(await ledger.commit([{ row: row('b'), expect: 'absent' }])).toBe(true)
    })

    it.each<[Exclude<Put['expect'], string>, boolean]>([
      [{}, true],
      [{ status: 'running' }, true],
      [{ status: 'paused' }, false],
      [{ status: 'running', epoch: 3, owned: true }, true],
      [{ status: 'running', epoch: 4, owned: true }, false],
      [{ epoch: 3.5 }, false],
      [{ owned: false }, false],
      [{ owned: 'true' }, false],
      [{ epoch: '3' }, false],
      [{ absent: undefined }, true],
      [{ status: undefined }, false],
      [{ status: 'running', absent: undefined }, true],
      [{ absent: 1 }, false],
      [{ 'name.with dots': 'x' }, true],
    ])('compares with the row it replaces: %j holds is %s', async (expected, holds) => {
      const before = row('a', { status: 'running', epoch: 3, owned: true, 'name.with dots': 'x' })
      const after = row('a', { status: 'next' })
      await ledger.commit([any(before)])
      expect(await ledger.commit([{ row: after, expect: expected }])).toBe(holds)
      expect(await ledger.get('RUN#1', 'a')).toEqual(holds ? after : before)
    })

    it('compares with nothing where there is no row', async () => {
      expect(await ledger.commit([{ row: row('a'), expect: { status: 'running' } }])).toBe(false)
      expect(await ledger.get('RUN#1', 'a')).toBeUndefined()
      expect(await ledger.commit([{ row: row('a'), expect: { status: undefined } }])).toBe(true)
    })

    it('stores several rows or none', async () => {
      await ledger.commit([any(row('parent', { epoch: 1 }))])
      const split = (epoch: number): Put[] => [
        { row: row('child1'), expect: 'absent' },
        { row: row('parent', { epoch: 2 }), expect: { epoch } },
        { row: { pk: 'RUN#2', sk: 'child2' }, expect: 'any' },
      ]
      expect(await ledger.commit(split(7))).toBe(false)
      expect(await ledger.query('RUN#1', '')).toEqual([row('parent', { epoch: 1 })])
      expect(await ledger.get('RUN#2', 'child2')).toBeUndefined()
      expect(await ledger.commit(split(1))).toBe(true)
      expect(await ledger.query('RUN#1', '')).toEqual([row('child1'), row('parent', { epoch: 2 })])
      expect(await ledger.get('RUN#2', 'child2')).toEqual({ pk: 'RUN#2', sk: 'child2' })
    })

    it('lets one of many that compare with the same row win', async () => {
      await ledger.commit([any(row('lease', { fence: 0 }))])
      const contenders = Array.from({ length: 8 }, (_, i): Put[] => [
        { row: row('lease', { fence: 1, owner: i }), expect: { fence: 0 } },
      ])
      const won = await Promise.all(contenders.map((puts) => ledger.commit(puts)))
      expect(won.filter(Boolean)).toHaveLength(1)
      expect(await ledger.get('RUN#1', 'lease')).toEqual(row('lease', { fence: 1, owner: won.indexOf(true) }))
    })

    it('takes up to 100 rows of distinct keys, none included', async () => {
      const rows = (count: number) => Array.from({ length: count }, (_, i) => any(row(`${i}`)))
      expect(await ledger.commit([])).toBe(true)
      expect(await ledger.commit(rows(100))).toBe(true)
      expect(await ledger.query('RUN#1', '')).toHaveLength(100)
      await expect(ledger.commit(rows(101))).rejects.toMatchObject({ code: 'invalid-request' })
      await expect(ledger.commit([any(row('a')), any(row('a'))])).rejects.toMatchObject({ code: 'invalid-request' })
    })

    it('answers all rows of a prefix in the order of their sort key', async () => {
      const sks = ['CHUNK#', 'CHUNK#s1', 'CHUNK#s1.0', 'CHUNK#s10', 'CHUNK#é', 'CHUNK#\uffff', 'CHUNK#😀']
      for (const sk of ['CHUNK', ...sks, 'CONTROL'].toReversed()) await ledger.commit([any(row(sk))])
      await ledger.commit([any({ pk: 'RUN#10', sk: 'CHUNK#other' })])
      expect((await ledger.query('RUN#1', 'CHUNK#')).map(({ sk }) => sk)).toEqual(sks)
      expect((await ledger.query('RUN#1', 'CHUNK#s1.')).map(({ sk }) => sk)).toEqual(['CHUNK#s1.0'])
      expect((await ledger.query('RUN#1', '')).map(({ sk }) => sk)).toEqual(['CHUNK', ...sks, 'CONTROL'])
      expect(await ledger.query('RUN#2', '')).toEqual([])
    })

    it('answers more rows than one page holds', async () => {
      const sks = Array.from({ length: 1_100 }, (_, i) => `${i}`.padStart(5, '0'))
      for (let i = 0; i < sks.length; i += 100) await ledger.commit(sks.slice(i, i + 100).map((sk) => any(row(sk))))
      expect((await ledger.query('RUN#1', '0')).map(({ sk }) => sk)).toEqual(sks)
    })

    it('answers a page: so many rows of a prefix from behind a sort key on', async () => {
      const sks = Array.from({ length: 1_100 }, (_, i) => `${i}`.padStart(5, '0'))
      for (let i = 0; i < sks.length; i += 100) await ledger.commit(sks.slice(i, i + 100).map((sk) => any(row(sk))))
      await ledger.commit([any(row('1')), any({ pk: 'RUN#10', sk: '00500' })])
      const page = async (prefix: string, after: string, limit: number) =>
        (await ledger.query('RUN#1', prefix, { after, limit })).map(({ sk }) => sk)
      expect(await page('0', '', 3)).toEqual(sks.slice(0, 3))
      expect(await page('0', '00002', 1_000)).toEqual(sks.slice(3, 1_003))
      expect(await page('0', '00002', 1_050)).toEqual(sks.slice(3, 1_053))
      expect(await page('0', '01002', 1_000)).toEqual(sks.slice(1_003))
      expect(await page('00', '00500', 2)).toEqual(['00501', '00502'])
      expect(await page('', '01098', 3)).toEqual(['01099', '1'])
      expect(await page('0', '00500#gone', 1)).toEqual(['00501'])
      expect(await page('0', '01099', 1)).toEqual([])
      expect(await page('2', '', 1)).toEqual([])
    })

    it('answers only rows that are new or were written again since, in pages that are full all the same', async () => {
      const sks = Array.from({ length: 2_200 }, (_, i) => `${i}`.padStart(5, '0'))
      const made = (i: number) => (i % 2 ? { updatedAt: i, epoch: i % 4 === 1 ? 1 : 0 } : {})
      for (let i = 0; i < sks.length; i += 100)
        await ledger.commit(sks.slice(i, i + 100).map((sk, n) => any(row(sk, made(i + n)))))
      const page = async (after: string, limit: number, newest: number, since: number) =>
        (await ledger.query('RUN#1', '0', { after, limit, changed: { newest, since } })).map(({ sk }) => sk)
      const odd = sks.filter((_, i) => i % 2 === 1)
      expect(await page('', 4, 106, 100)).toEqual(['00101', '00105', '00107', '00109'])
      expect(await page('', 1_000, 0, 0)).toEqual(odd.slice(0, 1_000))
      expect(await page('01999', 1_000, 0, 0)).toEqual(odd.slice(1_000))
      expect(await page('', 1_000, 2_199, 2_197)).toEqual(['02197'])
      expect(await page('', 1_000, 2_199, 2_198)).toEqual([])
    })

    it('orders the rows behind a sort key by its bytes', async () => {
      const sks = ['CHUNK#é', 'CHUNK#\uffff', 'CHUNK#😀']
      for (const sk of sks) await ledger.commit([any(row(sk))])
      const rows = await ledger.query('RUN#1', 'CHUNK#', { after: 'CHUNK#\uffff', limit: 9 })
      expect(rows.map(({ sk }) => sk)).toEqual(['CHUNK#😀'])
    })

    it('gives every reader a row of its own', async () => {
      await ledger.commit([any(row('a', { list: [1] }))])
      const read = await ledger.get('RUN#1', 'a')
      if (Array.isArray(read?.list)) read.list.push(2)
      expect(await ledger.get('RUN#1', 'a')).toEqual(row('a', { list: [1] }))
    })
  })
}
