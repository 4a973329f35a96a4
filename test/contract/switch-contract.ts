import { beforeEach, describe, expect, it } from 'vitest'
import { createSwitch, readSwitch, takeStep, undoSwitch } from '../../shared/ledger/switch.ts'
import { type Switch, switchKey } from '../../shared/ledger/switch-row.ts'
import type { LedgerTable, Row } from '../../shared/ledger/table.ts'

const tables = ['alpha', 'beta'] as const
const active = { table: 'alpha', maxAgeSeconds: 10, writeSeconds: 20 }
const close = { step: 'close', at: 2_000, task: 'cutover', run: 'run00001' } as const

/** What the row of a switch must do in every table that it may be in. `makeLedgerTable` makes an empty one. */
export function switchContract(name: string, makeLedgerTable: () => Promise<LedgerTable>): void {
  let switches: LedgerTable
  let made: Switch

  describe(`${name} as the table of a switch`, () => {
    beforeEach(async () => {
      switches = await makeLedgerTable()
      made = await createSwitch(switches, tables, active, 1_000)
    })

    it('holds nothing until the switch is made, and then one row, for both orders of its tables', async () => {
      expect(await readSwitch(switches, ['alpha', 'gamma'])).toBeUndefined()
      const row = { generation: 1, tables: ['alpha', 'beta'], ...active, mode: 'open', switchedAt: 1_000 }
      expect(made).toEqual(row)
      expect(await readSwitch(switches, ['beta', 'alpha'])).toEqual(row)
      expect(await switches.get('SWITCH#alpha/beta', 'SWITCH')).toMatchObject({ table: 'alpha', mode: 'open' })
    })

    it('is made once: whoever makes it again is given the one that is there', async () => {
      const closed = await takeStep(switches, made, close)
      const other = { table: 'beta', maxAgeSeconds: 1, writeSeconds: 1 }
      expect(await createSwitch(switches, ['beta', 'alpha'], other, 9_000)).toEqual(closed)
    })

    it('goes there and back', async () => {
      const closed = (await takeStep(switches, made, close)) as Switch
      const sealed = (await takeStep(switches, closed, { step: 'seal', at: 2_500, until: 37_500 })) as Switch
      const there = (await takeStep(switches, sealed, { step: 'commit', at: 40_000 })) as Switch
      const applied = { appliedUntil: 37_500, table: 'beta', switchedAt: 40_000 }
      expect(there).toEqual({ ...made, ...applied, generation: 4 })
      expect(await readSwitch(switches, tables)).toEqual(there)
      const again = (await takeStep(switches, there, { ...close, at: 50_000, task: 'rollback' })) as Switch
      const sealedAgain = (await takeStep(switches, again, { step: 'seal', at: 50_000, until: 85_000 })) as Switch
      const back = await takeStep(switches, sealedAgain, { step: 'commit', at: 86_000 })
      expect(back).toEqual({ ...made, switchedAt: 86_000, generation: 7 })
      expect(await readSwitch(switches, tables)).toEqual(back)
    })

    it('lets one of many who have read the same row take a step', async () => {
      const taken = await Promise.all(
        Array.from({ length: 8 }, (_, i) => takeStep(switches, made, { ...close, by: `person ${i}` })),
      )
      const [won, ...others] = taken.filter((each) => each !== undefined)
      expect(others).toEqual([])
      expect(await readSwitch(switches, tables)).toEqual(won)
    })

    it('does not take a step from a row that was changed and changed back', async () => {
      const closed = (await takeStep(switches, made, close)) as Switch
      const undone = await undoSwitch(switches, tables, () => 3_000)
      expect(undone).toEqual({ ...made, generation: 3 })
      expect(await takeStep(switches, made, close)).toBeUndefined()
      expect(await takeStep(switches, closed, { step: 'undo', at: 4_000 })).toBeUndefined()
      expect(await readSwitch(switches, tables)).toEqual(undone)
    })

    it('keeps what another version has added', async () => {
      const added = { indices: { cases: 'cases-1' }, drain: true }
      const row = { ...switchKey(tables), ...(made as object), ...added } as Row
      await switches.commit([{ row, expect: 'any' }])
      const closed = await takeStep(switches, (await readSwitch(switches, tables)) as Switch, close)
      expect(closed).toMatchObject(added)
      expect(await undoSwitch(switches, tables, () => 3_000)).toMatchObject(added)
    })
  })
}
