import { expect, it } from 'vitest'
import { encodeKey } from '../../../shared/dynamodb/key.ts'
import { fitting, type Head, headPut, isFull, readHead } from '../../../shared/ledger/heads.ts'
import { countApplied } from '../../../shared/live/applied.ts'
import { applyRecord } from '../../../shared/live/apply.ts'
import { settleHead } from '../../../shared/live/settle.ts'
import { item, key, output, record, run, seq, world } from './world.ts'

const nameOf = (n: number) => `customer#${String(n).padStart(6, '0')}#order#2026-01-01T00:00:00.000Z`

it('a change is applied, and its head stays small, where thousands of source items make one key', async () => {
  const w = await world()
  const changes = Array.from({ length: 2_000 }, (_, n) => record(n + 1, { new: item(nameOf(n), ['summary']) }))
  for (const change of changes) await applyRecord(change, w.engine)
  expect(await countApplied(changes, { ...w.engine, since: 0 })).toBe(changes.length)
  const head = (await readHead(w.ledger, run, key('summary'))) as Head
  expect(isFull(head)).toBe(true)
  expect(JSON.stringify(head).length).toBeLessThan(100_000)
  expect(Object.keys(head.sources)).toEqual(
    changes.slice(0, Object.keys(head.sources).length).map((c) => encodeKey(c.key)),
  )
})

it('a newer change of an item that such a head knows is noted as ever', async () => {
  const w = await world()
  const sources = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [encodeKey(key(nameOf(n))), seq(1)]))
  const head: Head = { key: key('summary'), op: 'put', sources, contested: true, settled: 'q', version: 1 }
  await w.ledger.commit([headPut(run, head, undefined, 0)])
  const again = record(2, { new: item(nameOf(7), ['summary'], 2) })
  expect(await countApplied([again], { ...w.engine, since: 0 })).toBe(0)
  await applyRecord(again, w.engine)
  expect(await countApplied([again], { ...w.engine, since: 0 })).toBe(1)
  w.source.store(item(nameOf(7), ['summary'], 2))
  await settleHead(key('summary'), 'q', w.engine)
  expect(w.destination.items()).toEqual([output('summary', 2)])
})

it('repair, too, names no more source items than a head holds, the smallest first', () => {
  const all = Array.from({ length: 2_000 }, (_, n) => [nameOf(n), seq(0)] as const)
  const kept = Object.keys(fitting(Object.fromEntries(all.toReversed())))
  expect(kept.length).toBeLessThan(1_000)
  expect(kept).toEqual(all.slice(0, kept.length).map(([name]) => name))
  expect(isFull({ sources: fitting(Object.fromEntries(all)) })).toBe(true)
})
