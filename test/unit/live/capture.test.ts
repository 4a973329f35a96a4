import { describe, expect, it } from 'vitest'
import { functions } from '../../../shared/config/functions-and-permissions.ts'
import { beginCapture, endCapture, readCapture } from '../../../shared/ledger/capture.ts'
import { buildKey } from '../../../shared/ledger/feeds.ts'
import { trustedMs } from '../../../shared/ledger/fencing.ts'
import { listCursors } from '../../../shared/ledger/shards.ts'
import { type CaptureEndEngine, captureLandsInMs, startCapture, stopCapture } from '../../../shared/live/capture.ts'
import { lagGuard } from '../../../shared/live/lag.ts'
import type { Mapping } from '../../../shared/live/ports.ts'
import { memoryLedgerTable } from '../../memory/ledger-table.ts'
import { memoryStream } from '../../memory/stream.ts'
import { memoryTable } from '../../memory/table.ts'

const source = memoryTable({ pk: { name: 'pk', type: 'S' } }, 'source')
const stream = memoryStream(source, () => 0)
type State = Awaited<ReturnType<Mapping['state']>>

function mappingThatIs(state: State) {
  const asked: boolean[] = []
  const mapping: Mapping = { set: async (enabled) => void asked.push(enabled), state: async () => state }
  return { mapping, asked }
}

it.each<[State, object, boolean[]]>([
  ['Enabled', { outcome: 'on' }, []],
  ['Disabled', { outcome: 'waiting', seconds: 5, state: 'Disabled' }, [true]],
  ['changing', { outcome: 'waiting', seconds: 5, state: 'changing' }, []],
])('a mapping that is %s and is to start: %o', async (state, outcome, expected) => {
  const { mapping, asked } = mappingThatIs(state)
  const engine = { ledger: memoryLedgerTable(), stream, mapping, clock: () => 1, slackMs: 0 }
  expect(await startCapture({ feed: 'r' }, engine, 1)).toEqual(outcome)
  expect(asked).toEqual(expected)
})

it('capture remembers when it was first asked for, and nothing later moves that', async () => {
  const ledger = memoryLedgerTable()
  const { mapping } = mappingThatIs('Disabled')
  for (const now of [1, 2])
    await startCapture({ feed: 'r' }, { ledger, stream, mapping, clock: () => now, slackMs: 10_000 })
  expect(await readCapture(ledger, 'r')).toMatchObject({ since: 10_001, stream: stream.arn })
})

it('a feed begins later than anybody trusts what was in the ledger before, however small the slack', async () => {
  const ledger = memoryLedgerTable()
  const { mapping } = mappingThatIs('Enabled')
  await startCapture({ feed: 'r' }, { ledger, stream, mapping, clock: () => 0, slackMs: 1_000 })
  const { since, copyFrom } = (await readCapture(ledger, 'r'))!
  expect(since).toBeGreaterThan(trustedMs)
  expect(copyFrom).toBe(since + 1_000)
})

it('the feed of a build begins when its row says, and lies apart from that of its run', async () => {
  const ledger = memoryLedgerTable()
  const { mapping } = mappingThatIs('Enabled')
  const feed = buildKey({ run: 'r', n: 1 })
  const asked = (now: number) =>
    startCapture({ feed }, { ledger, stream, mapping, clock: () => now, slackMs: 10_000 }, 20_000)
  expect(await asked(9_000)).toEqual({ outcome: 'waiting', seconds: 21 })
  expect(await asked(30_000)).toEqual({ outcome: 'on' })
  expect(await readCapture(ledger, feed)).toMatchObject({ since: 20_000 })
  expect(await readCapture(ledger, 'r')).toBeUndefined()
})

describe('shards that ended before capture begins', () => {
  /** A stream of which the first two shards have ended, and so do the others before the second time it is asked. */
  async function begun(clock: () => number) {
    const ledger = memoryLedgerTable()
    const stream = memoryStream(source, () => 0)
    const [first, second, third] = stream.all().map(({ id }) => id) as [string, string, string]
    stream.split(first)
    stream.split(second)
    const { mapping } = mappingThatIs('changing')
    const asked = () => startCapture({ feed: 'r' }, { ledger, stream, mapping, clock, slackMs: 10_000 })
    await asked()
    stream.split(third)
    await asked()
    return { cursors: await listCursors(ledger, 'r'), ended: [first, second] }
  }

  it('are not read, and those that end later are', async () => {
    let now = 0
    const { cursors, ended } = await begun(() => now++)
    expect(cursors).toEqual(ended.map((shard) => ({ shard, closed: true })))
  })

  it('are read where listing them took until then', async () => {
    let now = 0
    const { cursors } = await begun(() => {
      now += 11_000
      return now
    })
    expect(cursors).toEqual([])
  })
})

it('copy waits until what happened before capture is sure to be seen', async () => {
  const ledger = memoryLedgerTable()
  const { mapping } = mappingThatIs('Enabled')
  const asked = (now: number) =>
    startCapture({ feed: 'r' }, { ledger, stream, mapping, clock: () => now, slackMs: 10_000 })
  expect(await asked(0)).toEqual({ outcome: 'waiting', seconds: 20 })
  expect(await readCapture(ledger, 'r')).toEqual({ since: 10_000, stream: stream.arn, copyFrom: 20_000 })
  expect(await asked(19_001)).toEqual({ outcome: 'waiting', seconds: 1 })
  expect(await asked(20_000)).toEqual({ outcome: 'on' })
})

describe('turning capture off', () => {
  const minute = 60_000

  /** A run that captures, and a mapping that says in turn what is listed, and then its last again. */
  async function capturing(...states: State[]) {
    const ledger = memoryLedgerTable()
    await beginCapture(ledger, 'r', { since: 0, stream: stream.arn })
    const time = { now: 0 }
    const seen: string[] = []
    const mapping: Mapping = {
      async set(enabled) {
        seen.push(`set ${enabled}, off since ${(await readCapture(ledger, 'r'))?.off}`)
      },
      state: async () => (states.length > 1 ? states.shift()! : states[0]!),
    }
    const sleep = async (ms: number) => {
      time.now += ms
    }
    const refusals: (Error | undefined)[] = []
    const engine: CaptureEndEngine = {
      ledger,
      mapping,
      runtime: { clock: () => time.now, sleep },
      liveSeconds: 300,
      async refuseWhileUnderWay() {
        const refusal = refusals.shift()
        if (refusal) throw refusal
      },
    }
    return { ledger, time, seen, refusals, engine, stop: () => stopCapture('r', engine) }
  }

  it('records it before the mapping is told', async () => {
    const { stop, seen } = await capturing('Enabled', 'changing', 'Disabled')
    await stop()
    expect(seen).toEqual(['set false, off since 0'])
  })

  it('is done once the mapping is at rest and nothing can land any more, and not before', async () => {
    const { stop, time, ledger, engine } = await capturing('Enabled', 'changing', 'Disabled')
    expect(await stop()).toEqual({ outcome: 'off' })
    expect(time.now).toBe(5_000 + 300_000 + minute)
    expect(await captureLandsInMs('r', engine)).toBe(0)
    time.now--
    expect(await captureLandsInMs('r', engine)).toBe(1)
    expect(await readCapture(ledger, 'r')).toMatchObject({ off: 0 })
  })

  it('continues an attempt that was interrupted', async () => {
    const { stop, time, ledger, refusals } = await capturing('Disabled')
    await endCapture(ledger, 'r', -5 * minute)
    await stop()
    expect(time.now).toBe(minute + 5_000)
    refusals.push(new Error('a run is under way'))
    await expect(stop()).rejects.toThrow('under way')
    expect(await readCapture(ledger, 'r')).toMatchObject({ off: -5 * minute })
  })

  it('outlasts a look of the stream monitor that had read before it that live changes are on, and enables the mapping last', async () => {
    const { engine, time } = await capturing('Disabled')
    const lastsMs = functions['monitor-stream'].seconds * 1000
    let state: State = 'Disabled'
    const sleep = async (ms: number) => {
      const before = time.now
      time.now += ms
      // The monitor began a moment before live changes were turned off, and its request arrives as it is killed.
      if (before < lastsMs && time.now >= lastsMs) state = 'Enabled'
    }
    const mapping: Mapping = {
      state: async () => state,
      async set(enabled) {
        state = enabled ? 'Enabled' : 'Disabled'
      },
    }
    const liveSeconds = functions.live.seconds
    expect(await stopCapture('r', { ...engine, mapping, liveSeconds, runtime: { ...engine.runtime, sleep } })).toEqual({
      outcome: 'off',
    })
    expect(time.now).toBeGreaterThan(lastsMs)
    expect(state).toBe('Disabled')
  })

  it('takes back what it recorded when a run has begun meanwhile', async () => {
    const { stop, seen, ledger, refusals } = await capturing('Enabled')
    refusals.push(new Error('a run is under way'))
    await expect(stop()).rejects.toThrow('under way')
    expect(await readCapture(ledger, 'r')).toMatchObject({ since: 0, stream: stream.arn })
    expect(seen).toEqual([])
  })

  it('gives up on a mapping that does not come to rest; changes are refused all the same', async () => {
    const { stop, ledger } = await capturing('changing')
    expect(await stop()).toEqual({ outcome: 'changing' })
    expect(await readCapture(ledger, 'r')).toMatchObject({ off: 0 })
  })

  it('waits for nothing where nothing was ever captured', async () => {
    const { time, engine } = await capturing('Disabled')
    for (const run of [undefined, 'another']) expect(await stopCapture(run, engine)).toEqual({ outcome: 'off' })
    expect(time.now).toBe(0)
  })
})

it.each([
  [0, 'ok'],
  [3_599, 'ok'],
  [3_600, 'warn'],
  [21_599, 'warn'],
  [21_600, 'slow'],
  [86_000, 'slow'],
])('a stream %i seconds behind is %s', (lagSeconds, guard) => {
  expect(lagGuard(lagSeconds)).toBe(guard)
})
