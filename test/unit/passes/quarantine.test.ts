import { describe, expect, it } from 'vitest'
import type { Attributes } from '../../../shared/dynamodb/attributes.ts'
import { rawItem } from '../../../shared/dynamodb/raw-item.ts'
import { listQuarantine, quarantine } from '../../../shared/ledger/quarantine.ts'
import type { LedgerTable } from '../../../shared/ledger/table.ts'
import { applyRecord } from '../../../shared/live/apply.ts'
import { recheckQuarantined } from '../../../shared/live/quarantine.ts'
import { verifyPass } from '../../../shared/passes/verify.ts'
import { item, key, migration, output, record, run, schema, seq, world } from '../live/world.ts'

const place = { pass: 'verify.1', chunk: 's00000', epoch: 1, before: 0 } as const
const a = JSON.stringify(['S:a'])

/** A world that is verified: the page holds what the source does, or what it once did. */
async function verified() {
  const w = await world()
  const raws = (items: Attributes[]) => items.map((attributes) => rawItem(schema, attributes))
  return {
    ...w,
    verify(page = w.source.items(), ledger: LedgerTable = w.ledger) {
      const { source, destination, engine } = w
      const { runtime } = engine
      const verify = { run, verification: 1, schema, migrations: [migration], patienceMs: 20_000 }
      return verifyPass({ ...verify, source, destination, ledger, runtime }).apply(raws(page), place)
    },
    listed: async () =>
      (await listQuarantine(w.ledger, run)).map(({ key: of, reason }) => [of, reason.split(' at')[0]]),
    row: () => w.ledger.rows().find((row) => row.pk.startsWith('QUARANTINE#') && row.key === a),
  }
}

describe('Verify', () => {
  it('lists an item that could be migrated when it was copied and cannot be any more', async () => {
    const w = await verified()
    w.source.store(item('a', ['poison']))
    w.destination.store(output('a'))
    expect(await w.verify()).toMatchObject({ read: 1, quarantined: 1, produced: 0 })
    expect(await w.listed()).toEqual([[key('a'), 'up threw Error']])
    expect(w.events).toContainEqual(expect.objectContaining({ code: 'item.quarantined', key: a }))
  })

  it('lists an item again that was taken off, and keeps its number for late deliveries', async () => {
    const w = await verified()
    await w.control({ quiet: 'q' })
    w.source.store(item('a', ['poison']))
    const poisoned = record(7, { old: item('a', ['x']), new: item('a', ['poison']) })
    await applyRecord(poisoned, w.engine)
    w.source.store(item('a', ['x']))
    await recheckQuarantined(key('a'), w.engine)
    expect(await w.listed()).toEqual([])
    w.source.store(item('a', ['poison']))
    expect(await w.verify()).toMatchObject({ quarantined: 1 })
    expect(await w.listed()).toEqual([[key('a'), 'up threw Error']])
    const before = w.row()
    expect(before).toMatchObject({ seq: seq(7) })
    await applyRecord(poisoned, w.engine)
    expect(w.row()).toEqual(before)
  })

  it('leaves an entry as it is', async () => {
    const w = await verified()
    await quarantine(w.ledger, run, [{ key: key('a'), migration: 'move', reason: 'as copy found it', at: 1 }])
    w.source.store(item('a', ['poison']))
    const before = w.row()
    expect(await w.verify()).toMatchObject({ quarantined: 1 })
    expect(w.row()).toEqual(before)
  })

  it('does not list an item that only an old page says cannot be migrated: it is compared', async () => {
    const w = await verified()
    w.source.store(item('a', ['x']))
    w.destination.store(output('x'))
    expect(await w.verify([item('a', ['poison'])])).toMatchObject({ migrated: 1, quarantined: 0, present: 1 })
    expect(await w.verify([item('gone', ['poison'])])).toMatchObject({ dropped: 1, quarantined: 0 })
    expect(await w.listed()).toEqual([])
  })

  it('does not list an item that live changes have listed and cured since it was read', async () => {
    const w = await verified()
    await w.control({ quiet: 'q' })
    w.source.store(item('a', ['poison']))
    w.destination.store(output('x'))
    let cure: (() => Promise<void>) | undefined = async () => {
      await applyRecord(record(1, { old: item('a', ['x']), new: item('a', ['poison']) }), w.engine)
      w.source.store(item('a', ['x']))
      await applyRecord(record(2, { old: item('a', ['poison']), new: item('a', ['x']) }), w.engine)
    }
    const overtaken: LedgerTable = {
      get: (pk, sk) => w.ledger.get(pk, sk),
      query: (pk, prefix) => w.ledger.query(pk, prefix),
      async commit(puts) {
        const now = cure
        cure = undefined
        await now?.()
        return w.ledger.commit(puts)
      },
    }
    expect(await w.verify(w.source.items(), overtaken)).toMatchObject({ migrated: 1, quarantined: 0, present: 1 })
    expect(await w.listed()).toEqual([])
  })
})
