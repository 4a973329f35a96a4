import { expect, it } from 'vitest'
import { hourOf } from '../../../../shared/ledger/burials.ts'
import { workThrough } from '../../../../shared/live/list-work.ts'
import { buryDue, ticketLists } from '../../../../shared/live/tickets/bury.ts'
import { sendChanged } from '../../../../shared/live/tickets/send.ts'
import { item, key, seq, world } from './world.ts'

const hourMs = 3_600_000
const changed = (pk: string, n = 1) => ({ key: key(pk), seq: seq(n) })
const atEase = { deadline: { remainingMs: () => 60_000 }, whyStop: async () => undefined }

async function walk({ engine }: Awaited<ReturnType<typeof world>>) {
  return workThrough(ticketLists(engine), { shard: 0, after: '' }, { ledger: engine.ledger, ...atEase })
}

/** A deleted item whose ticket before was taken by somebody who never answered. */
async function deletedLate() {
  const made = await world()
  await sendChanged([changed('a', 1)], made.engine)
  await made.edit('a', { version: 3, raisedAt: made.time.now })
  await sendChanged([changed('a', 2)], made.engine)
  return { ...made, from: hourOf(made.time.now) }
}

it('the walk deletes again what was deleted, or may have been, before the pass was quiet, and nothing else', async () => {
  const made = await world()
  const { engine, table, edit, search, bulks, values } = made
  const early = { ...engine, isQuiet: false }
  table.store(item('there'))
  await sendChanged([changed('gone'), changed('there'), changed('unsent')], early)
  await edit('unsent', { version: 9 })
  await sendChanged([changed('gone in quiet')], engine)
  search.restart()
  const late = { op: 'index', alias: 'court-1-W', routing: 'us', version: 1, json: '{"v":3}' } as const
  await search.bulk([{ ...late, id: 'gone' }])
  bulks.length = 0
  expect(await walk(made)).toEqual({ outcome: 'done' })
  expect(
    bulks
      .flat()
      .map(({ op, id }) => [op, id])
      .sort(),
  ).toEqual([
    ['delete', 'gone'],
    ['delete', 'unsent'],
  ])
  expect(await values('gone', 'there')).toEqual([undefined, 1])
})

it('a delete is buried once no older ticket can have anything under way, and only then', async () => {
  const { engine, from, time, burials, bulks } = await deletedLate()
  expect(burials()).toMatchObject([{ due: time.now + engine.lifetimeMs }])
  const sent = bulks.length
  await buryDue(from, { ...engine, ...atEase })
  expect(bulks).toHaveLength(sent)
  time.now += engine.lifetimeMs
  await buryDue(from, { ...engine, ...atEase })
  expect(bulks).toHaveLength(sent + 1)
  expect(burials()).toEqual([])
  await buryDue(from, { ...engine, ...atEase })
  expect(bulks).toHaveLength(sent + 1)
})

it('a delete is not buried where every older ticket was answered', async () => {
  const { engine, burials } = await world()
  await sendChanged([changed('a', 1)], engine)
  await sendChanged([changed('a', 2)], engine)
  expect(burials()).toEqual([])
})

it('a burial whose item cannot be sent stays', async () => {
  const { engine, from, time, burials } = await deletedLate()
  time.now += engine.lifetimeMs
  const failing = { ...engine, ...atEase, search: { bulk: () => Promise.reject(new Error('down')) } }
  await expect(buryDue(from, failing)).rejects.toThrow('down')
  expect(burials()).toHaveLength(1)
})

it('the next call begins at the first hour that may still get a burial', async () => {
  const { engine, from, time } = await deletedLate()
  time.now += 5 * hourMs
  expect(await buryDue(from, { ...engine, ...atEase })).toEqual({ from: hourOf(time.now - engine.lifetimeMs) })
  const stopped = { ...atEase, whyStop: async () => 'aborted' as const }
  expect(await buryDue(from, { ...engine, ...stopped })).toEqual({ outcome: 'stopped', reason: 'aborted' })
})

it('a walk that died after it took a ticket, and before it sent anything, is done again by the next one', async () => {
  const made = await world()
  await sendChanged([changed('gone')], { ...made.engine, isQuiet: false })
  made.search.restart()
  await made.search.bulk([{ op: 'index', alias: 'court-1-W', id: 'gone', routing: 'us', version: 1, json: '{"v":3}' }])
  const died = new Error('the process has exited')
  const dying = { ...made.engine, search: { bulk: () => Promise.reject(died) } }
  await expect(
    workThrough(ticketLists(dying), { shard: 0, after: '' }, { ledger: made.ledger, ...atEase }),
  ).rejects.toThrow(died)
  expect(await walk(made)).toEqual({ outcome: 'done' })
  expect(await made.values('gone')).toEqual([undefined])
})
