import { describe, expect, it } from 'vitest'
import type { Attributes } from '../../../shared/dynamodb/attributes.ts'
import { encodeKey, type Key } from '../../../shared/dynamodb/key.ts'
import { rawItem } from '../../../shared/dynamodb/raw-item.ts'
import { listDifferences, recordDifferences } from '../../../shared/ledger/differences.ts'
import { listQuarantine } from '../../../shared/ledger/quarantine.ts'
import { updateRun } from '../../../shared/ledger/runs.ts'
import { applyBatch } from '../../../shared/live/batch.ts'
import { settleBuckets } from '../../../shared/live/settle-all.ts'
import { copyPass } from '../../../shared/passes/copy.ts'
import { verifyPass } from '../../../shared/passes/verify.ts'
import { repairRun } from '../../../shared/phases/repair.ts'
import { migrationsOf } from '../../code.ts'
import { item, key, migration, output, record, run, schema, world } from '../live/world.ts'

const place = { pass: 'verify.1', chunk: 's00000', epoch: 1, before: 0 } as const
const from = { shard: 0, after: '' }

/** A destination whose service refuses items of some keys, for a reason that nothing else knows. */
async function picky(...keys: string[]) {
  const w = await world()
  const bad = new Set(keys)
  w.destination.refuses = ({ pk }) => (bad.has((pk as { S: string }).S) ? 'something about it' : undefined)
  const { destination, engine } = w
  const page = (items = w.source.items()) => items.map((attributes: Attributes) => rawItem(schema, attributes))
  const settling = { ...engine, deadline: { remainingMs: () => 60_000 }, code: migrationsOf() }
  return {
    ...w,
    bad,
    copy: (offline: boolean) => copyPass({ ...engine, destination, offline }).apply(page(), place),
    verify: () =>
      verifyPass({
        ...engine,
        source: w.source,
        destination,
        verification: 1,
        patienceMs: 20_000,
        migrations: [migration],
      }).apply(page(), place),
    live: (...records: ReturnType<typeof record>[]) =>
      applyBatch(records, { fencing: async () => ({ run: w.run, since: 0 }), engine: () => engine }),
    async settle() {
      await w.control({ quiet: 'q' })
      expect(await settleBuckets({ run, fence: 1, from }, settling)).toEqual({ outcome: 'done' })
    },
    repair: () => repairRun({ run, fence: 1, from }, settling),
    differ: (one: Key) =>
      recordDifferences(
        w.ledger,
        run,
        1,
        [{ kind: 'missing', key: one, sources: [one], attributes: [], at: 1 }],
        place,
      ),
    listed: async () => (await listQuarantine(w.ledger, run)).map((each) => encodeKey(each.key)),
    copies: () => Object.keys(w.items()).toSorted(),
  }
}

describe.each([true, false])('copy, offline: %s', (offline) => {
  it('sets aside an item that the service refuses, and writes its neighbours', async () => {
    const w = await picky('x50')
    for (let i = 0; i < 100; i++) w.source.store(item(`a${i}`, [`x${i}`]))
    expect(await w.copy(offline)).toMatchObject({ read: 100, migrated: 99, quarantined: 1, produced: 99, written: 99 })
    expect(w.copies()).toHaveLength(99)
    expect(await listQuarantine(w.ledger, run)).toMatchObject([
      { key: key('a50'), migration: 'move', reason: expect.stringContaining('something about it') },
    ])
  })

  it('takes back what else it had written of it, once no page can land any more', async () => {
    const w = await picky('y')
    w.source.store(item('a', ['x', 'y', 'z']))
    expect(await w.copy(offline)).toMatchObject({ read: 1, quarantined: 1, produced: 0, written: 0 })
    // A slice that dies begins its page again.
    await w.copy(offline)
    await w.settle()
    expect(w.copies()).toEqual([])
    expect(await w.listed()).toEqual(['["S:a"]'])
  })

  it('writes what another item of the page makes of the same key', async () => {
    const w = await picky()
    w.destination.refuses = ({ v }) => ((v as { N: string }).N === '1' ? 'a one' : undefined)
    w.source.store(item('a', ['x'], 1))
    w.source.store(item('b', ['x'], 2))
    expect(await w.copy(offline)).toMatchObject({ read: 2, quarantined: 1, migrated: 1, produced: 1, written: 1 })
    expect(w.items()).toEqual({ x: output('x', 2) })
  })
})

describe('verify', () => {
  it('counts it as quarantined for as long as it is as it was', async () => {
    const w = await picky('x')
    w.source.store(item('a', ['x']))
    await w.copy(true)
    expect(await w.verify()).toMatchObject({ read: 1, quarantined: 1, produced: 0, missing: 0 })
    w.source.store(item('a', ['x'], 2))
    expect(await w.verify()).toMatchObject({ read: 1, migrated: 1, quarantined: 0, missing: 1 })
    expect(await listDifferences(w.ledger, run, 1)).toHaveLength(1)
  })
})

describe('live changes', () => {
  it('delete what an item made before, write its heads alone, and apply the others', async () => {
    const w = await picky('y')
    await w.live(record(1, { new: item('a', ['x']) }))
    const refused = record(2, { old: item('a', ['x']), new: item('a', ['x', 'y'], 2) })
    await w.live(refused, record(3, { new: item('b', ['b']) }))
    // What its own record has put is marked, and settled once copy has ended.
    expect(w.copies()).toEqual(['b', 'x'])
    expect(await w.listed()).toEqual(['["S:a"]'])
    await w.live(refused)
    w.source.store(item('a', ['x', 'y'], 2))
    w.source.store(item('b', ['b']))
    await w.settle()
    expect(w.copies()).toEqual(['b'])
    expect(await w.listed()).toEqual(['["S:a"]'])
  })

  it('take it off the list once another state of it is written, and not before', async () => {
    const w = await picky('y')
    w.source.store(item('a', ['y']))
    await w.live(record(1, { new: item('a', ['y']) }))
    await w.settle()
    expect(await w.listed()).toEqual(['["S:a"]'])
    w.source.store(item('a', ['z']))
    await w.live(record(2, { old: item('a', ['y']), new: item('a', ['z']) }))
    expect(await w.listed()).toEqual([])
    expect(w.copies()).toEqual(['z'])
  })

  it('are not acknowledged where the service refuses everything', async () => {
    const w = await picky()
    const everything = { ...w.engine, tables: { commit: () => Promise.reject(new Error('refused')) } }
    const batch = applyBatch([record(1, { new: item('a', ['x']) })], {
      fencing: async () => ({ run: w.run, since: 0 }),
      engine: () => everything,
    })
    await expect(batch).rejects.toThrow('refused')
    expect(await w.listed()).toEqual([])
  })
})

describe('settle and repair', () => {
  it('set aside what is refused when they write it, and delete what it had made', async () => {
    const w = await picky('y')
    w.source.store(item('a', ['x', 'y']))
    for (const each of ['x', 'y']) w.destination.delete(key(each))
    w.destination.store(output('x'))
    await w.control({ quiet: 'q' })
    await w.differ(key('y'))
    const { ledger } = w
    await recordDifferences(
      ledger,
      run,
      1,
      [{ kind: 'missing', key: key('y'), sources: [key('a')], attributes: [], at: 1 }],
      { ...place, before: 1 },
    )
    await updateRun(ledger, run, (before) => ({ ...before, verification: { number: 1, ended: true } }))
    expect(await w.repair()).toEqual({ outcome: 'repaired' })
    expect(w.copies()).toEqual([])
    expect(await w.listed()).toEqual(['["S:a"]'])
  })

  it('repair tries it once more, and takes it off the list when all of it is written', async () => {
    const w = await picky('x', 'y')
    w.source.store(item('a', ['x', 'y']))
    await w.copy(true)
    await w.control({ quiet: 'q' })
    w.bad.delete('x')
    await w.repair()
    expect(w.copies()).toEqual([])
    expect(await w.listed()).toEqual(['["S:a"]'])
    w.bad.delete('y')
    await w.repair()
    expect(w.copies()).toEqual(['x', 'y'])
    expect(await w.listed()).toEqual([])
  })
})
