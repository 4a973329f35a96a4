import { describe, expect, it } from 'vitest'
import { listCursors, readCapture } from '../../../shared/ledger/shards.ts'
import { startCapture, stopCapture } from '../../../shared/live/capture.ts'
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
  ['Disabled', { outcome: 'waiting', seconds: 5 }, [true]],
  ['changing', { outcome: 'waiting', seconds: 5 }, []],
])('a mapping that is %s and is to start: %o', async (state, outcome, expected) => {
  const { mapping, asked } = mappingThatIs(state)
  expect(
    await startCapture({ run: 'r' }, { ledger: memoryLedgerTable(), stream, mapping, clock: () => 1, slackMs: 0 }),
  ).toEqual(outcome)
  expect(asked).toEqual(expected)
})

it('capture remembers when it was first asked for, and nothing later moves that', async () => {
  const ledger = memoryLedgerTable()
  const { mapping } = mappingThatIs('Disabled')
  for (const now of [1, 2]) await startCapture({ run: 'r' }, { ledger, stream, mapping, clock: () => now, slackMs: 0 })
  expect(await readCapture(ledger, 'r')).toEqual({ since: 1, stream: stream.arn })
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
    const asked = () => startCapture({ run: 'r' }, { ledger, stream, mapping, clock, slackMs: 10_000 })
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
    startCapture({ run: 'r' }, { ledger, stream, mapping, clock: () => now, slackMs: 10_000 })
  expect(await asked(0)).toEqual({ outcome: 'waiting', seconds: 20 })
  expect(await readCapture(ledger, 'r')).toEqual({ since: 10_000, stream: stream.arn })
  expect(await asked(19_001)).toEqual({ outcome: 'waiting', seconds: 1 })
  expect(await asked(20_000)).toEqual({ outcome: 'on' })
})

it.each<[State, 'off' | 'waiting', boolean[]]>([
  ['Enabled', 'waiting', [false]],
  ['Disabled', 'off', []],
  ['changing', 'waiting', []],
])('a mapping that is %s and is to stop makes capture %s', async (state, outcome, expected) => {
  const { mapping, asked } = mappingThatIs(state)
  expect(await stopCapture(mapping)).toEqual({ outcome })
  expect(asked).toEqual(expected)
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
