import { describe, expect, it } from 'vitest'
import { type Build, buildPut, getBuild } from '../../../shared/ledger/builds.ts'
import { burialPut, hourOf } from '../../../shared/ledger/burials.ts'
import { beginCapture } from '../../../shared/ledger/capture.ts'
import { readControl, writeControl } from '../../../shared/ledger/control.ts'
import { buildKey } from '../../../shared/ledger/feeds.ts'
import { readLag } from '../../../shared/ledger/lag.ts'
import { readLease, writeLease } from '../../../shared/ledger/lease.ts'
import { createRun, updateRun } from '../../../shared/ledger/runs.ts'
import type { Mapping, MappingState } from '../../../shared/live/ports.ts'
import { buildFeed } from '../../../shared/live/tickets/applied.ts'
import { sendChanged } from '../../../shared/live/tickets/send.ts'
import { type BuildsEngine, monitorBuilds } from '../../../shared/phases/monitor-builds.ts'
import { SearchError } from '../../../shared/search/errors.ts'
import { memoryStream } from '../../memory/stream.ts'
import { aRun } from '../cli/fixtures.ts'
import { built, run, table } from '../live/tickets/fed.ts'
import { item, key } from '../live/tickets/world.ts'

const hour = 3_600_000
const feed = buildKey({ run, n: 1 })

async function monitored(change: Partial<Build> = {}, state: MappingState = 'Enabled') {
  const made = await built(change)
  const { ledger, search, time, engine: tickets, table: items } = made
  const stream = memoryStream(items, () => time.now, 1)
  await beginCapture(ledger, feed, { since: time.now, stream: stream.arn })
  const asked: boolean[] = []
  const stuck = { is: false }
  const mapping: Mapping = {
    state: async () => (asked.length > 0 && !stuck.is ? 'changing' : state),
    set: async (on) => void asked.push(on),
  }
  const engine: BuildsEngine = {
    ...{ ledger, search, mapping, runtime: tickets.runtime },
    deadline: { remainingMs: () => 300_000 },
    async engineOf(_, build, deadline) {
      const own = { ...tickets, build: buildKey(build) }
      return {
        drain: {
          ...{ ledger, runtime: tickets.runtime, stream, deadline, ...buildFeed(own) },
          ...{ silenceMs: 1_000, slackMs: 1_000, code: { of: 'search', hash: 'definitions' } },
        },
        tickets: (whyStop) => ({ ...own, ask: async () => void (await whyStop()) }),
      }
    },
  }
  const store = (pk: string) => {
    items.store(item(pk))
    return { key: key(pk), seq: stream.records().at(-1)!.seq }
  }
  return {
    ...made,
    ...{ engine, asked, stuck, stream, mapping },
    change: store,
    monitor: (more: Partial<BuildsEngine> = {}) => monitorBuilds(table, { ...engine, ...more }),
    lag: (n = 1) => readLag(ledger, buildKey({ run, n })),
  }
}

describe('the monitor of builds', () => {
  it('notes how far a build is behind, beside the lag of live changes', async () => {
    const { change, monitor, lag, time, engine, ledger } = await monitored()
    time.now += 60_000
    const changed = change('a')
    time.now += 120_000
    expect(await monitor()).toEqual({ outcome: 'monitored' })
    expect(await lag()).toMatchObject({ guard: 'ok' })
    expect((await lag())!.seconds).toBeGreaterThanOrEqual(120)
    const { tickets } = await engine.engineOf(
      aRun(),
      { ...(await getBuild(ledger, { table, run, n: 1 })), since: 0 },
      engine.deadline,
    )
    await sendChanged(
      [changed],
      tickets(async () => undefined),
    )
    await monitor()
    expect(await lag()).toMatchObject({ seconds: 0, guard: 'ok' })
    expect(await readLag(ledger, run)).toBeUndefined()
  })

  it('turns the mapping on where a deployment has turned it off, and says so where it stays off', async () => {
    const { monitor, asked, stuck, lag } = await monitored({}, 'Disabled')
    stuck.is = true
    await monitor()
    expect(asked).toEqual([true])
    expect(await lag()).toMatchObject({ stopped: 'turned off' })
  })

  it('leaves a build alone whose feed has not begun, but its mapping is on', async () => {
    const { monitor, asked, build, ledger, lag } = await monitored({ served: true }, 'Disabled')
    await ledger.commit([buildPut(undefined, { ...build, n: 2, begunAt: 2 })])
    expect(await monitor()).toEqual({ outcome: 'monitored' })
    expect(asked).toEqual([true])
    expect(await lag(1)).toBeDefined()
    expect(await lag(2)).toBeUndefined()
  })

  it.each<[string, Partial<Build>]>([
    ['is lost', { state: 'lost' }],
    ['has ended', { state: 'ended' }],
  ])('turns the mapping off once the only build %s', async (_, change) => {
    const { monitor, asked, lag } = await monitored(change)
    expect(await monitor()).toEqual({ outcome: 'nothing to monitor' })
    expect(asked).toEqual([false])
    expect(await lag()).toBeUndefined()
  })

  it('turns the mapping off for a run that has begun no build', async () => {
    const { monitor, asked, ledger, states } = await monitored()
    await createRun(ledger, { ...aRun(), id: 'run00002', destination: table, fence: 3 })
    await writeControl(ledger, 'run00002', undefined, { command: 'run', fence: 3 })
    const lease = (await readLease(ledger, table))!
    await writeLease(ledger, lease, { ...lease, run: 'run00002', execution: 'two', fence: 3 })
    expect(await monitor()).toEqual({ outcome: 'nothing to monitor' })
    expect(asked).toEqual([false])
    expect(await states()).toEqual([['building', undefined]])
  })

  it('leaves the mapping of an aborted run to the sweep', async () => {
    const { monitor, asked, ledger } = await monitored({}, 'Disabled')
    await ledger.commit([{ row: { ...(await ledger.get(`RUN#${run}`, 'RUN'))!, state: 'running' }, expect: 'any' }])
    await writeControl(ledger, run, await readControl(ledger, run), { command: 'abort', fence: 2 })
    expect(await monitor()).toEqual({ outcome: 'nothing to monitor' })
    expect(asked).toEqual([])
  })

  it('turns the mapping off that a late Prepare index has turned on after its run was aborted', async () => {
    const { monitor, asked, ledger } = await monitored()
    await ledger.commit([{ row: { ...(await ledger.get(`RUN#${run}`, 'RUN'))!, state: 'aborted' }, expect: 'any' }])
    await writeControl(ledger, run, await readControl(ledger, run), { command: 'abort', fence: 2 })
    expect(await monitor()).toEqual({ outcome: 'nothing to monitor' })
    expect(asked).toEqual([false])
  })

  it('gives a build up whose changes were trimmed unread, and no run is told to empty its destination for it', async () => {
    const { change, monitor, time, states, lag, events } = await monitored()
    change('a')
    time.now += 25 * hour
    await monitor()
    expect(await states()).toEqual([['lost', 'trimmed']])
    expect(await lag()).toMatchObject({ guard: 'refuse' })
    expect(events).toContainEqual({ code: 'build.lost', run, build: 1, because: 'trimmed' })
  })

  it('gives a build up whose stream was turned off and on again', async () => {
    const { monitor, states, ledger } = await monitored()
    await ledger.commit([
      { row: { ...(await ledger.get(`RUN#${feed}`, 'CAPTURE'))!, stream: 'another' }, expect: 'any' },
    ])
    await monitor()
    expect(await states()).toEqual([['lost', 'stream changed']])
  })

  it('gives a build up whose index is gone, although nothing changes', async () => {
    const { monitor, states, search } = await monitored()
    await search.deleteIndex('court-1')
    await monitor()
    expect(await states()).toEqual([['lost', 'replaced']])
  })

  it('sends a delete once more when it is due, and remembers how far it has come', async () => {
    const { monitor, bulks, ledger, time } = await monitored()
    const due = time.now + hour
    await ledger.commit([burialPut(feed, { key: key('a'), due }, time.now)])
    await monitor()
    expect(bulks).toEqual([])
    time.now = due + hour
    await monitor()
    expect(bulks.flat().map(({ op, id }) => [op, id])).toEqual([['delete', 'a']])
    time.now += 2 * hour
    await monitor()
    expect(bulks).toHaveLength(1)
    const { buriedTo } = await getBuild(ledger, { table, run, n: 1 })
    expect(buriedTo).toBeGreaterThan(hourOf(due))
  })

  it('does nothing for a build of other definitions but say that its changes are not applied', async () => {
    const { monitor, lag, bulks, states, ledger, time } = await monitored()
    await updateRun(ledger, run, (before) => ({ ...before, index: { build: 1, hash: 'others' } }))
    await ledger.commit([burialPut(feed, { key: key('a'), due: time.now }, time.now)])
    time.now += hour
    await monitor()
    expect(await lag()).toMatchObject({ stopped: 'code changed' })
    expect([bulks, await states()]).toEqual([[], [['building', undefined]]])
  })

  it('monitors every build, although the indices of one do not respond, and then fails', async () => {
    const { monitor, build, ledger, search, stream, lag, time } = await monitored({ served: true })
    await search.createIndex('court-2', { settings: {}, mappings: {}, aliases: ['court-2-W'] })
    const { uuid } = (await search.indices('court-2'))[0]!
    const indices = { court: { name: 'court-2', uuid } }
    await ledger.commit([buildPut(undefined, { ...build, n: 2, begunAt: 2, indices })])
    await beginCapture(ledger, buildKey({ run, n: 2 }), { since: time.now, stream: stream.arn })
    const away = {
      indices: (name: string) =>
        name.startsWith('court-1')
          ? Promise.reject(new SearchError('search-unavailable', 'away'))
          : search.indices(name),
    }
    await expect(monitor({ search: away })).rejects.toMatchObject({ code: 'search-unavailable' })
    expect(await lag(1)).toMatchObject({ seconds: 0 })
    expect(await lag(2)).toMatchObject({ seconds: 0 })
  })
})
