import { expect, it } from 'vitest'
import { type Build, changeBuild, getBuild, loseBuild } from '../../../../shared/ledger/builds.ts'
import { beginCapture } from '../../../../shared/ledger/capture.ts'
import { buildKey } from '../../../../shared/ledger/feeds.ts'
import { readLag, writeLag } from '../../../../shared/ledger/lag.ts'
import { getRun, updateRun } from '../../../../shared/ledger/runs.ts'
import type { DrainEngine } from '../../../../shared/live/drain.ts'
import { buildFeed } from '../../../../shared/live/tickets/applied.ts'
import { sendChanged } from '../../../../shared/live/tickets/send.ts'
import { drainIndex } from '../../../../shared/phases/drain-index.ts'
import { memoryStream } from '../../../memory/stream.ts'
import { built, run, table } from '../../live/tickets/fed.ts'
import { item, key } from '../../live/tickets/world.ts'

const hour = 3_600_000
const id = { table, run, n: 1 }

/** A task that drains the feed of a build. */
async function draining() {
  const made = await built()
  const { ledger, time, engine: tickets, table: items } = made
  await updateRun(ledger, run, (before) => ({ ...before, fence: 2, task: { kind: 'index', state: 'running' } }))
  const stream = memoryStream(items, () => time.now, 1)
  await beginCapture(ledger, buildKey(id), { since: time.now, stream: stream.arn })
  const engine: DrainEngine = {
    ...{ ledger, runtime: tickets.runtime, stream, silenceMs: 1_000, slackMs: 1_000, ...buildFeed(tickets) },
    // Too short to wait within the invocation.
    ...{ deadline: { remainingMs: () => 2_000 }, code: { of: 'search' as const, hash: 'definitions' } },
  }
  time.now += 1_000
  items.store(item('a'))
  const changed = { key: key('a'), seq: stream.records().at(-1)!.seq }
  const task = { run, fence: 2, past: time.now }
  time.now += 10_000
  const drain = async (more: Partial<DrainEngine> = {}) =>
    drainIndex(task, await getRun(ledger, run), await getBuild(ledger, id), { ...engine, ...more })
  return { ...made, changed, drain, task: async () => (await getRun(ledger, run)).task }
}

it('waits until every change up to then was sent to the indices, and notes the lag of the build', async () => {
  const { drain, changed, engine, ledger, time } = await draining()
  expect(await drain()).toMatchObject({ outcome: 'waiting' })
  expect(await readLag(ledger, buildKey(id))).toMatchObject({ guard: 'ok' })
  expect(await readLag(ledger, run)).toBeUndefined()
  await sendChanged([changed], engine)
  time.now += 10_000
  expect(await drain({ deadline: { remainingMs: () => 900_000 } })).toEqual({ outcome: 'drained' })
  expect((await getRun(ledger, run)).phase).toBe('Drain index')
})

it('halts once the feed has given the build up, which acknowledges its changes and sends none', async () => {
  const { drain, ledger, time, task } = await draining()
  expect(await drain()).toMatchObject({ outcome: 'waiting' })
  await loseBuild(ledger, id, 'replaced', time.now)
  expect(await drain()).toMatchObject({
    outcome: 'halted',
    error: 'index-lost',
    cause: expect.stringMatching(/Build 1 .*deleted.*`segue index` begins another/),
  })
  expect(await task()).toMatchObject({ state: 'stopped', because: 'halted' })
})

it.each([
  ['trimmed', /trimmed changes/],
  ['stream changed', /stream of the destination was turned off/],
] as const)(
  'gives the build up where changes are lost (%s), and tells nobody to empty a table',
  async (because, words) => {
    const { drain, ledger, time, states } = await draining()
    if (because === 'trimmed') time.now += 25 * hour
    else {
      const capture = (await ledger.get(`RUN#${buildKey(id)}`, 'CAPTURE'))!
      await ledger.commit([{ row: { ...capture, stream: 'another' }, expect: 'any' }])
    }
    const found = await drain()
    expect(found).toMatchObject({ outcome: 'halted', error: 'index-lost', cause: expect.stringMatching(words) })
    expect(JSON.stringify(found)).not.toContain('mpty')
    expect(await states()).toEqual([['lost', because]])
  },
)

it('halts where other definitions were deployed, and the build stays', async () => {
  const { drain, ledger, states } = await draining()
  await updateRun(ledger, run, (before) => ({ ...before, index: { build: 1, hash: 'others' } }))
  expect(await drain()).toMatchObject({ outcome: 'halted', error: 'code-changed' })
  expect(await states()).toEqual([['building', undefined]])
})

it('halts where the monitor has noted that nothing is brought into the build', async () => {
  const { drain, ledger, time } = await draining()
  expect(await drain()).toMatchObject({ outcome: 'waiting' })
  time.now += 1
  await writeLag(ledger, buildKey(id), { seconds: 5, guard: 'ok', at: time.now, stopped: 'turned off' })
  expect(await drain()).toMatchObject({
    outcome: 'halted',
    error: 'capture-off',
    cause: expect.stringContaining('`index-feed`'),
  })
})

it('a build that became ready meanwhile is drained all the same', async () => {
  const { drain, changed, engine, ledger } = await draining()
  await sendChanged([changed], engine)
  await changeBuild(ledger, id, (build): Build => ({ ...build, state: 'ready' }))
  expect(await drain({ deadline: { remainingMs: () => 900_000 } })).toEqual({ outcome: 'drained' })
})

it.each(['aborted', 'code changed', 'turned off'] as const)(
  'names the command that continues an index of a finished run (%s), because a plain resume is refused',
  async (stopped) => {
    const { drain, ledger, time } = await draining()
    expect(await drain()).toMatchObject({ outcome: 'waiting' })
    time.now += 1
    await writeLag(ledger, buildKey(id), { seconds: 5, guard: 'ok', at: time.now, stopped })
    const found = await drain()
    expect(found).toMatchObject({ outcome: 'halted', cause: expect.stringContaining('`segue index`') })
    expect(JSON.stringify(found)).not.toMatch(/resume/)
  },
)
