import { describe, expect, it } from 'vitest'
import { beginCapture, endCapture, readCapture } from '../../../shared/ledger/capture.ts'
import { readControl, writeControl } from '../../../shared/ledger/control.ts'
import { readLag } from '../../../shared/ledger/lag.ts'
import { writeLease } from '../../../shared/ledger/lease.ts'
import { createRun, getRun, type RunRecord, updateRun } from '../../../shared/ledger/runs.ts'
import { sourceFeed } from '../../../shared/live/applied.ts'
import { applyRecord } from '../../../shared/live/apply.ts'
import type { DrainEngine } from '../../../shared/live/drain.ts'
import type { LiveEngine } from '../../../shared/live/engine.ts'
import { recordLag } from '../../../shared/live/lag.ts'
import type { Mapping, MappingState, Stream } from '../../../shared/live/ports.ts'
import { buildLagWords, lagWords } from '../../../shared/operator/status/lag.ts'
import { type DrainedFeed, drainRun } from '../../../shared/phases/drain.ts'
import { monitorStream } from '../../../shared/phases/monitor-stream.ts'
import { migrationsOf } from '../../code.ts'
import { memoryLedgerTable } from '../../memory/ledger-table.ts'
import { memoryStream } from '../../memory/stream.ts'
import { item, run, world } from './world.ts'

const hour = 3_600_000
const enabled = mappingThat('Enabled')

/** A mapping in this state; enabling it makes it `changing`, as the service does, unless it is stuck. */
function mappingThat(state: MappingState, { stuck = false } = {}): Mapping & { asked: boolean[] } {
  const asked: boolean[] = []
  return {
    asked,
    state: async () => (asked.length > 0 && !stuck ? 'changing' : state),
    set: async (on) => void asked.push(on),
  }
}

async function captured() {
  const made = await world()
  const stream = memoryStream(made.source, () => made.time.now, 1)
  await beginCapture(made.ledger, run, { since: made.time.now, stream: stream.arn })
  const engine: DrainEngine & LiveEngine = {
    ...made.engine,
    ...sourceFeed(made.engine),
    stream,
    silenceMs: 60_000,
    slackMs: 60_000,
    // Too short to wait within the invocation.
    deadline: { remainingMs: () => 100_000 },
    code: migrationsOf(),
  }
  const record = (found: Parameters<typeof recordLag>[1]) => recordLag(run, found, engine)
  const lag = () => readLag(made.ledger, run)
  return { ...made, stream, engine, record, lag, deployed: { ...engine } }
}

describe('the lag of live changes', () => {
  it.each([
    [{ outcome: 'drained' }, { seconds: 0, guard: 'ok' }],
    [
      { outcome: 'waiting', lagSeconds: 4_000, reason: '' },
      { seconds: 4_000, guard: 'warn' },
    ],
    [
      { outcome: 'more', lagSeconds: 30_000 },
      { seconds: 30_000, guard: 'slow' },
    ],
    [{ outcome: 'trimmed' }, { seconds: 0, guard: 'refuse' }],
  ] as const)('after %o is %o', async (found, expected) => {
    const { record, lag, time } = await captured()
    await record(found)
    expect(await lag()).toEqual({ ...expected, at: time.now })
  })

  it.each([{ outcome: 'more' }, { outcome: 'stopped', reason: 'fenced' }] as const)(
    'is as it was after %o, which found nothing out',
    async (found) => {
      const { record, lag, time } = await captured()
      await record({ outcome: 'waiting', lagSeconds: 4_000, reason: '' })
      const before = await lag()
      time.now += hour
      await record(found)
      expect(await lag()).toEqual(before)
    },
  )

  it('grows with the time for which live changes are not applied at all', async () => {
    const { record, lag, time } = await captured()
    await record({ outcome: 'waiting', lagSeconds: 60, reason: '' })
    for (let i = 0; i < 2; i++) {
      time.now += hour
      await record({ outcome: 'stopped', reason: 'code changed' })
    }
    expect(await lag()).toEqual({ seconds: 7_260, guard: 'warn', at: time.now, stopped: 'code changed' })
    await record({ outcome: 'drained' })
    expect(await lag()).toEqual({ seconds: 0, guard: 'ok', at: time.now })
  })

  it.each([
    [{ seconds: 0, guard: 'ok' }, 'live changes up to date'],
    [{ seconds: 4_000, guard: 'warn' }, 'live changes 1h 6m behind, warn: behind for an hour or more'],
    [
      { seconds: 4_000, guard: 'warn', stopped: 'code changed' },
      'live changes not applied for up to 1h 6m, code changed: deploy the migrations that the run began with',
    ],
    [
      { seconds: 0, guard: 'ok', stopped: 'stream changed' },
      'live changes not applied, stream changed: the stream that the run reads was turned off',
    ],
    [{ seconds: 0, guard: 'ok', stopped: 'aborted' }, 'live changes not applied, aborted: the run was told to stop'],
  ] as const)('%o in words: %s', (lag, words) => {
    expect(lagWords(lag)).toBe(words)
  })

  it.each([
    [{ seconds: 4_000, guard: 'warn' }, 'build 2: changes 1h 6m behind, warn: behind for an hour or more'],
    [
      { seconds: 0, guard: 'ok', stopped: 'code changed' },
      'build 2: changes not applied, code changed: deploy the index definitions that the build began with, or build anew',
    ],
    [{ seconds: 0, guard: 'refuse' }, 'build 2: changes lost, refuse: the stream dropped changes unread'],
  ] as const)('of a build that is %o in words: %s', (lag, words) => {
    expect(buildLagWords({ ...lag, build: 2, at: 0 })).toBe(words)
  })
})

it('a run that has not begun to capture has nothing to monitor', async () => {
  const ledger = memoryLedgerTable()
  const record = { id: run, state: 'running', phase: 'Lease', offline: false } as RunRecord
  await createRun(ledger, record)
  const lease = { table: 'destination', held: true, run, execution: 'execution', fence: 1, since: 0 }
  await writeLease(ledger, undefined, lease)
  const engineOf = () => Promise.reject(new Error('Expected nobody to ask'))
  expect(await monitorStream('destination', ledger, enabled, engineOf)).toEqual({ outcome: 'nothing to monitor' })
})

it('a run whose live changes were turned off has nothing to monitor until they are on again', async () => {
  const { ledger, engine, stream, time, lag } = await captured()
  await endCapture(ledger, run, time.now)
  const engineOf = () => Promise.reject(new Error('Expected nobody to ask'))
  expect(await monitorStream('destination', ledger, enabled, engineOf)).toEqual({ outcome: 'nothing to monitor' })
  await beginCapture(ledger, run, { since: time.now + hour, stream: stream.arn })
  await monitorStream('destination', ledger, enabled, async () => engine)
  expect(await lag()).toMatchObject({ seconds: 0, guard: 'ok' })
})

it('a look at the stream under way does not forget that live changes were turned off meanwhile', async () => {
  const { ledger, engine, stream, time } = await captured()
  const off = time.now
  const shards = stream.shards.bind(stream)
  stream.shards = async (after) => {
    await endCapture(ledger, run, off)
    return shards(after)
  }
  await monitorStream('destination', ledger, enabled, async () => engine)
  expect(await readCapture(ledger, run)).toMatchObject({ off })
})

it('a drain that waits halts when capture is off, as in an execution that was redriven', async () => {
  const { source, ledger, engine, time } = await captured()
  source.store(item('a', ['x']))
  const task = { run, fence: 1, past: time.now }
  expect(await drainRun(task, engine)).toMatchObject({ outcome: 'waiting' })
  await endCapture(ledger, run, time.now)
  expect(await drainRun(task, engine)).toMatchObject({ outcome: 'halted', error: 'capture-off' })
})

describe('a drain of another feed than that of live changes', () => {
  const of = (words: string) => ({ error: 'phase-failed', cause: words }) as const

  async function another() {
    const made = await captured()
    const { ledger, source, stream, engine, time } = made
    const lost: string[] = []
    const feed: DrainedFeed = {
      phase: 'Drain',
      neverDrained: of('never drained'),
      stopped: (reason) => of(`the build: ${reason}`),
      async lost(because) {
        lost.push(because)
        return of(`the build is lost: ${because}`)
      },
    }
    await beginCapture(ledger, 'r.index.1', { since: time.now, stream: stream.arn })
    source.store(item('a', ['x']))
    const own = { ...engine, feed: 'r.index.1' }
    const task = { run, fence: 1, past: time.now }
    const drained = (more: Partial<DrainedFeed> = {}) => drainRun(task, own, { ...feed, ...more })
    return { ...made, lost, drained }
  }

  it('halts in its own words, and says first that changes are lost', async () => {
    const { drained, time, lost } = await another()
    time.now += 25 * hour
    expect(await drained()).toMatchObject({ outcome: 'halted', cause: 'the build is lost: trimmed' })
    expect(lost).toEqual(['trimmed'])
  })

  it('says the same of a stream that was turned off and on again', async () => {
    const { drained, lost, ledger } = await another()
    const capture = (await ledger.get('RUN#r.index.1', 'CAPTURE'))!
    await ledger.commit([{ row: { ...capture, stream: 'another' }, expect: 'any' }])
    expect(await drained()).toMatchObject({ outcome: 'halted', cause: 'the build is lost: stream changed' })
    expect(lost).toEqual(['stream changed'])
  })

  it('notes how far its own feed is behind', async () => {
    const { drained, ledger } = await another()
    expect(await drained()).toMatchObject({ outcome: 'waiting' })
    expect(await readLag(ledger, 'r.index.1')).toBeDefined()
    expect(await readLag(ledger, run)).toBeUndefined()
  })

  it('is no concern of who turns live changes off', async () => {
    const { drained, ledger, time } = await another()
    await endCapture(ledger, run, time.now)
    expect(await drained()).toMatchObject({ outcome: 'waiting' })
  })

  it('waits no longer once there is nothing to wait for', async () => {
    const { drained } = await another()
    const givenUp = async () => of('the build is lost')
    expect(await drained({ givenUp })).toMatchObject({ outcome: 'halted', cause: 'the build is lost' })
  })
})

describe('a mapping that a deployment, or a person in the console, has disabled', () => {
  it('is enabled again by the next look at the stream, and a drain that waits for it continues', async () => {
    const { source, ledger, engine, time, lag, deployed } = await captured()
    source.store(item('a', ['x']))
    const task = { run, fence: 1, past: time.now }
    expect(await drainRun(task, engine)).toMatchObject({ outcome: 'waiting' })
    const disabled = mappingThat('Disabled')
    expect(await monitorStream('destination', ledger, disabled, async () => deployed)).toEqual({ outcome: 'monitored' })
    expect(disabled.asked).toEqual([true])
    expect(await lag()).not.toHaveProperty('stopped')
    expect(await drainRun(task, engine)).toMatchObject({ outcome: 'waiting' })
  })

  it.each(['Finished', 'Halted'] as const)('is enabled again in a run that is %s, and captures', async (phase) => {
    const { ledger, deployed } = await captured()
    await updateRun(ledger, run, (before) => ({ ...before, phase }))
    const disabled = mappingThat('Disabled')
    await monitorStream('destination', ledger, disabled, async () => deployed)
    expect(disabled.asked).toEqual([true])
  })

  it('is enabled in a run that was paused before its mapping was on, as long as the pause lasts', async () => {
    const { ledger, deployed } = await captured()
    await updateRun(ledger, run, (before) => ({
      ...before,
      planned: false,
      state: 'stopped',
      because: 'paused',
      phase: 'Capture',
    }))
    const disabled = mappingThat('Disabled')
    await monitorStream('destination', ledger, disabled, async () => deployed)
    expect(disabled.asked).toEqual([true])
  })

  it('that stays disabled is noted, and halts a drain that waits, with what to do', async () => {
    const { source, ledger, engine, time, lag, deployed } = await captured()
    source.store(item('a', ['x']))
    const task = { run, fence: 1, past: time.now }
    expect(await drainRun(task, engine)).toMatchObject({ outcome: 'waiting' })
    const stuck = mappingThat('Disabled', { stuck: true })
    await monitorStream('destination', ledger, stuck, async () => deployed)
    expect(await lag()).toMatchObject({ stopped: 'turned off' })
    expect(await drainRun(task, engine)).toMatchObject({
      outcome: 'halted',
      error: 'capture-off',
      cause: expect.stringContaining('`segue run --resume` enables it'),
    })
  })

  it.each(['Enabled', 'changing'] as const)('is left alone while it is %s', async (state) => {
    const { ledger, deployed } = await captured()
    const mapping = mappingThat(state)
    await monitorStream('destination', ledger, mapping, async () => deployed)
    expect(mapping.asked).toEqual([])
  })

  it('stays off where an operator has turned it off, and after an abort', async () => {
    for (const end of [
      ({ ledger, time }: Awaited<ReturnType<typeof captured>>) => endCapture(ledger, run, time.now),
      async ({ ledger }: Awaited<ReturnType<typeof captured>>) => {
        const control = await readControl(ledger, run)
        await writeControl(ledger, run, control, { ...control, command: 'abort' })
      },
    ]) {
      const made = await captured()
      await end(made)
      const disabled = mappingThat('Disabled')
      await monitorStream('destination', made.ledger, disabled, async () => made.deployed)
      expect(disabled.asked).toEqual([])
    }
  })

  it.each(['Lease', 'Capture'] as const)('is no news while the run is about to enable it, in %s', async (phase) => {
    const { ledger, lag, deployed } = await captured()
    await updateRun(ledger, run, (before) => ({ ...before, phase }))
    const disabled = mappingThat('Disabled')
    await monitorStream('destination', ledger, disabled, async () => deployed)
    expect(disabled.asked).toEqual([])
    expect(await lag()).not.toHaveProperty('stopped')
  })
})

describe('a deployment of other migrations in the middle of a run', () => {
  it('is noted by the next look at the stream', async () => {
    const { ledger, lag, deployed } = await captured()
    await monitorStream('destination', ledger, enabled, async () => ({ ...deployed, code: migrationsOf('other') }))
    expect(await lag()).toMatchObject({ stopped: 'code changed' })
  })

  it('halts a drain that waits, once it is noted, and says what to do', async () => {
    const { source, ledger, engine, time, deployed } = await captured()
    source.store(item('a', ['x']))
    const task = { run, fence: 1, past: time.now }
    expect(await drainRun(task, engine)).toMatchObject({ outcome: 'waiting' })
    await monitorStream('destination', ledger, enabled, async () => ({ ...deployed, code: migrationsOf('other') }))
    expect(await drainRun(task, engine)).toMatchObject({
      outcome: 'halted',
      error: 'code-changed',
      cause: expect.stringContaining('Deploy those, then `segue run --resume`'),
    })
    expect(await getRun(ledger, run)).toMatchObject({ state: 'stopped', because: 'halted' })
  })

  it('that was mended before the drain began halts nothing', async () => {
    const { source, ledger, engine, time, deployed } = await captured()
    source.store(item('a', ['x']))
    await monitorStream('destination', ledger, enabled, async () => ({ ...deployed, code: migrationsOf('other') }))
    time.now += 1
    expect(await drainRun({ run, fence: 1, past: time.now }, engine)).toMatchObject({ outcome: 'waiting' })
  })

  it('does not matter to a drain that finds everything applied', async () => {
    const { source, ledger, engine, time, deployed, stream } = await captured()
    source.store(item('a', ['x']))
    const task = { run, fence: 1, past: time.now }
    await drainRun(task, engine)
    await monitorStream('destination', ledger, enabled, async () => ({ ...deployed, code: migrationsOf('other') }))
    for (const each of stream.records()) await applyRecord(each, engine)
    expect(await drainRun(task, engine)).toEqual({ outcome: 'drained' })
  })
})

describe('while the run drains, the next look at the stream', () => {
  async function draining() {
    const made = await captured()
    await drainRun({ run, fence: 1, past: made.time.now }, made.engine)
    let lists = 0
    const stream: Stream = {
      arn: made.stream.arn,
      open: (...args) => made.stream.open(...args),
      shards(after) {
        lists++
        return made.stream.shards(after)
      },
    }
    const look = async (code = migrationsOf()) => {
      await monitorStream('destination', made.ledger, enabled, async () => ({ ...made.deployed, stream, code }))
      return { lists, lag: await made.lag() }
    }
    return { ...made, look }
  }

  it('reads nothing beside it', async () => {
    const { look, lag } = await draining()
    const before = await lag()
    expect(await look()).toEqual({ lists: 0, lag: before })
  })

  it('still notes that other migrations were deployed', async () => {
    const { look } = await draining()
    expect(await look(migrationsOf('other'))).toMatchObject({ lists: 0, lag: { stopped: 'code changed' } })
  })

  it('reads on where the execution was stopped, and nobody drains', async () => {
    const { look, time } = await draining()
    time.now += hour
    const { lists } = await look()
    expect(lists).toBeGreaterThan(0)
  })

  it('reads on once the run has halted', async () => {
    const { look, ledger } = await draining()
    await updateRun(ledger, run, (before) => ({ ...before, state: 'stopped', because: 'halted' }))
    const { lists } = await look()
    expect(lists).toBeGreaterThan(0)
  })
})

it('a drain of a stream that was turned off halts, and says that the run cannot go on', async () => {
  const { engine, stream, time, lag } = await captured()
  stream.enabled = false
  expect(await drainRun({ run, fence: 1, past: time.now }, engine)).toMatchObject({
    outcome: 'halted',
    error: 'stream-changed',
    cause: expect.stringContaining('start a new run'),
  })
  expect(await lag()).toMatchObject({ stopped: 'stream changed' })
})
