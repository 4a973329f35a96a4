import { expect, it } from 'vitest'
import { headBucketOf } from '../../../shared/ledger/heads.ts'
import type { LedgerTable, Row } from '../../../shared/ledger/table.ts'
import { applyRecord } from '../../../shared/live/apply.ts'
import { type SettleEngine, settleBuckets } from '../../../shared/live/settle-walk.ts'
import { item, key, record, run, world } from './world.ts'

it('settling holds no head that is right already, however many there are', async () => {
  const w = await world()
  const from = headBucketOf(key('x'))
  for (let i = 0, placed = 0; placed < 20; i++) {
    if (headBucketOf(key(`y${i}`)) !== from) continue
    await applyRecord(record(1, { new: item(`a${i}`, [`y${i}`]) }), w.engine)
    placed++
  }
  await applyRecord(record(1, { old: item('b', ['x']) }), w.engine)
  await w.control({ quiet: 'q' })
  const held: Row[] = []
  const ledger: LedgerTable = {
    get: (pk, sk) => w.ledger.get(pk, sk),
    commit: (puts) => w.ledger.commit(puts),
    async query(pk, prefix, keep) {
      const rows = await w.ledger.query(pk, prefix, keep)
      held.push(...rows)
      return rows
    },
  }
  const engine = { ...w.engine, ledger, deadline: { remainingMs: () => 60_000 }, codeHash: 'code' } as SettleEngine
  expect(await settleBuckets({ run, fence: 1, from, to: from + 1 }, engine)).toEqual({ outcome: 'done' })
  expect(held.map((row) => row.key)).toEqual(['["S:x"]'])
})
