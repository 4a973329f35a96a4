import { describe, expect, it } from 'vitest'
import { readHead } from '../../../shared/ledger/heads.ts'
import { listQuarantine } from '../../../shared/ledger/quarantine.ts'
import { applyRecord } from '../../../shared/live/apply.ts'
import { item, key, output, record, run, seq, world } from './world.ts'

describe('applying a record', () => {
  it('writes the items and their heads', async () => {
    const { engine, items, ledger } = await world()
    await applyRecord(record(1, { new: item('a', ['x', 'y']) }), engine)
    expect(items()).toEqual({ x: output('x'), y: output('y') })
    expect(await readHead(ledger, run, key('x'))).toMatchObject({
      op: 'put',
      sources: { '["S:a"]': seq(1) },
      contested: false,
    })
  })

  it('may be repeated', async () => {
    const { engine, items, ledger } = await world()
    const moved = record(2, { old: item('a', ['x']), new: item('a', ['y'], 2) })
    for (const each of [record(1, { new: item('a', ['x']) }), moved, moved]) await applyRecord(each, engine)
    expect(items()).toEqual({ y: output('y', 2) })
    expect(await readHead(ledger, run, key('x'))).toMatchObject({ op: 'delete', version: 2, contested: false })
  })

  it('overwrites what copy wrote', async () => {
    const { engine, items, destination } = await world()
    destination.store(output('x', 1))
    await applyRecord(record(1, { old: item('a', ['x'], 1), new: item('a', ['x'], 2) }), engine)
    expect(items()).toEqual({ x: output('x', 2) })
  })

  it('leaves the item alone where it loses, and marks the head', async () => {
    const { engine, items, ledger } = await world()
    await applyRecord(record(2, { old: item('a', ['x'], 1), new: item('a', ['x'], 2) }), engine)
    await applyRecord(record(1, { new: item('a', ['x'], 1) }), engine)
    expect(items()).toEqual({ x: output('x', 2) })
    expect(await readHead(ledger, run, key('x'))).toMatchObject({ contested: true })
  })

  it('goes on with its other destination keys where one of them loses', async () => {
    const { engine, items } = await world()
    await applyRecord(record(9, { new: item('b', ['x'], 9) }), engine)
    await applyRecord(record(1, { new: item('a', ['x', 'y']) }), engine)
    expect(items()).toEqual({ x: output('x', 9), y: output('y') })
  })

  it('settles in place what it contests while quiet', async () => {
    const { engine, items, source, control, ledger } = await world()
    await control({ quiet: 'q' })
    source.store(item('b', ['x'], 7))
    await applyRecord(record(9, { old: item('a', ['x']) }), engine, 'q')
    await applyRecord(record(1, { new: item('b', ['x'], 7) }), engine, undefined)
    expect(items()).toEqual({ x: output('x', 7) })
    expect(await readHead(ledger, run, key('x'))).toMatchObject({ op: 'put', contested: true, settled: 'q' })
  })

  it('settles in place on redelivery what an attempt that died had only marked', async () => {
    const { engine, items, source, control } = await world()
    source.store(item('b', ['x'], 7))
    await applyRecord(record(9, { old: item('a', ['x']) }), engine)
    const second = record(1, { new: item('b', ['x'], 7) })
    await applyRecord(second, engine)
    expect(items()).toEqual({})
    await control({ quiet: 'q' })
    await applyRecord(second, engine)
    expect(items()).toEqual({ x: output('x', 7) })
  })

  it('tries again when the head changed in between, and gives up in the end', async () => {
    const { engine, items, events } = await world()
    let failures = 2
    const contended = {
      ...engine,
      tables: {
        commit: async (...args: Parameters<typeof engine.tables.commit>) =>
          failures-- > 0 ? false : engine.tables.commit(...args),
      },
    }
    await applyRecord(record(1, { new: item('a', ['x']) }), contended)
    expect(items()).toEqual({ x: output('x') })
    expect(events.filter(({ code }) => code === 'retry.waiting')).toHaveLength(2)
    const hopeless = { ...engine, tables: { commit: async () => false } }
    await expect(applyRecord(record(2, { new: item('b', ['y']) }), hopeless)).rejects.toMatchObject({
      code: 'contended',
      retryable: true,
    })
  })
})

describe('a live change that cannot be migrated', () => {
  const good = record(1, { new: item('a', ['x']) })
  const bad = record(2, { old: item('a', ['x']), new: item('a', ['poison']) })
  const cured = record(3, { old: item('a', ['poison']), new: item('a', ['y']) })

  it('deletes what the item made and lists it, without its contents', async () => {
    const { engine, items, ledger, events } = await world()
    for (const each of [good, bad]) await applyRecord(each, engine)
    expect(items()).toEqual({})
    expect(await listQuarantine(ledger, run)).toMatchObject([{ key: key('a'), migration: 'move' }])
    expect(events).toContainEqual(expect.objectContaining({ code: 'item.quarantined', migration: 'move' }))
  })

  it('stays listed before quiet, though it has been cured', async () => {
    const { engine, source, ledger } = await world()
    source.store(item('a', ['y']))
    for (const each of [bad, cured]) await applyRecord(each, engine)
    expect(await listQuarantine(ledger, run)).toHaveLength(1)
  })

  it('is taken off the list by its cure once quiet, and a late delivery does not bring it back', async () => {
    const { engine, source, control, ledger, items } = await world()
    await control({ quiet: 'q' })
    source.store(item('a', ['y']))
    for (const each of [good, bad, cured, bad]) await applyRecord(each, engine)
    expect(await listQuarantine(ledger, run)).toEqual([])
    expect(items()).toEqual({ y: output('y') })
  })

  it('is listed again when it turns poison again', async () => {
    const { engine, source, control, ledger } = await world()
    await control({ quiet: 'q' })
    source.store(item('a', ['y']))
    for (const each of [bad, cured]) await applyRecord(each, engine)
    await applyRecord(record(4, { old: item('a', ['y']), new: item('a', ['poison']) }), engine)
    expect(await listQuarantine(ledger, run)).toHaveLength(1)
  })
})
