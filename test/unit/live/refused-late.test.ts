import { expect, it } from 'vitest'
import { readEntry } from '../../../shared/ledger/quarantine.ts'
import {
  contentsOf,
  listQuarantined,
  listRefused,
  recheckQuarantined,
  type Unfit,
} from '../../../shared/live/quarantine.ts'
import { item, key, record, seq, world } from './world.ts'

const earlier = item('a', ['x', 'y'], 1)
const present = item('a', ['x'], 2)
const refused = { migration: 'move', reason: 'the service does not take it' }

it.each<[string, Unfit]>([
  ['was refused', { ...refused, refused: contentsOf(earlier) }],
  ['could not be migrated', { migration: 'move', reason: 'poison' }],
])('A refused item stays listed when an earlier state, which %s, is delivered late', async (_, why) => {
  const { engine, source, ledger } = await world()
  source.store(present)
  const [now] = await source.get([key('a')])
  // Settling found it, so the entry has no number of a record.
  expect(await listRefused(now!, refused, engine)).toBe(true)
  await listQuarantined(record(7, { new: earlier }), why, engine)
  await recheckQuarantined(key('a'), engine)
  expect(await readEntry(ledger, engine.run, key('a'))).toMatchObject({ refused: contentsOf(present), seq: seq(7) })
  expect((await readEntry(ledger, engine.run, key('a')))?.cleared).toBeUndefined()
})

it('A refused item that has changed since is listed for what the record says', async () => {
  const { engine, source, ledger } = await world()
  source.store(earlier)
  const [now] = await source.get([key('a')])
  await listRefused(now!, refused, engine)
  source.store(present)
  await listQuarantined(record(8, { new: present }), { migration: 'move', reason: 'poison' }, engine)
  expect(await readEntry(ledger, engine.run, key('a'))).toMatchObject({ reason: 'poison', seq: seq(8) })
})
