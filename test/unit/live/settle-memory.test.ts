import { expect, it } from 'vitest'
import { encodeKey } from '../../../shared/dynamodb/key.ts'
import { applyRecord } from '../../../shared/live/apply.ts'
import { type SettleEngine, settleBuckets } from '../../../shared/live/settle-all.ts'
import { migrationsOf } from '../../code.ts'
import { listed, longText, withLongList } from '../ledger/long-list.ts'
import { item, key, output, record, run, world } from './world.ts'

it('settling holds no head that is right already, however many there are', async () => {
  const w = await world()
  await applyRecord(record(1, { old: item('b', ['x']) }), w.engine)
  w.destination.store(output('x'))
  await w.control({ quiet: 'q' })
  const long = withLongList(w.ledger, `HEAD#${run}#007`, (n) => {
    const head = { key: encodeKey(key(longText(n))), op: 'put', sources: {}, contested: false, version: 1 }
    return n === listed - 2 ? { ...head, key: encodeKey(key('x')), op: 'delete' } : head
  })
  const engine = { ...w.engine, ledger: long.ledger, deadline: { remainingMs: () => 60_000 }, code: migrationsOf() }
  expect(await settleBuckets({ run, fence: 1, from: { shard: 7, after: '' } }, engine as SettleEngine)).toEqual({
    outcome: 'done',
  })
  expect(w.items()).toEqual({})
  await long.expectLittleHeld()
})
