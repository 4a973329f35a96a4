import { describe, expect, it } from 'vitest'
import type { Table, WriteResult } from '../../../../shared/dynamodb/ports.ts'
import type { RawItem } from '../../../../shared/dynamodb/raw-item.ts'
import { retrying } from '../../../../shared/dynamodb/retrying-table.ts'
import { sendAll } from '../../../../shared/dynamodb/sdk/calls.ts'
import { changeControl } from '../../../../shared/ledger/control.ts'
import { StoppedError } from '../../../../shared/ledger/fencing.ts'
import { updateRun } from '../../../../shared/ledger/runs.ts'
import { openPass } from '../../../../shared/passes/open-pass.ts'
import type { Ask } from '../../../../shared/runtime/retry.ts'
import { virtualTime } from '../../virtual-time.ts'
import { fill, runId, type World, world } from './world.ts'

const sliceMs = 900_000
const answerMs = 3_000

/** A slice of 15 minutes on tables that take 3 s for each request, and one request for each item that is written. */
async function slowSlice(queryMs = answerMs) {
  const w = world({ sliceMs })
  const time = virtualTime()
  const runtime = { ...w.runtime, clock: time.clock, sleep: time.sleep }
  const slow = (table: Table, ask: Ask): Table => {
    const write = (operation: 'put' | 'insert', items: RawItem[]) => {
      const alone = async (position: number): Promise<WriteResult> =>
        time.request(operation, answerMs, async () => (await table[operation]([items[position]!]))[0]!)
      const calls = items.map((_, position) => ({ positions: [position], send: async () => [await alone(position)] }))
      return sendAll(items.length, calls, { alone, probe: async () => true }, ask)
    }
    return {
      name: table.name,
      schema: table.schema,
      scan: (request) => time.request('scan', answerMs, () => table.scan(request)),
      query: (request) => time.request('query', queryMs, () => table.query(request)),
      get: (keys) => time.request('get', answerMs, () => table.get(keys)),
      put: (items) => write('put', items),
      insert: (items) => write('insert', items),
    }
  }
  const open = (name: string, _: unknown, ask: Ask) =>
    retrying(slow(name === 'source' ? w.source : w.destination, ask), runtime, ask)
  const passes = { ledger: w.ledger, runtime, open, migrations: [], sliceMs }
  const slice = () =>
    time.during(
      w.slice('s00000', {
        runtime,
        deadline: { remainingMs: () => sliceMs - time.clock() },
        splitAfterMs: sliceMs / 3,
        openPass: (run, pass, ask) => openPass(run, pass, ask, passes),
      }),
    )
  return { ...w, ...time, slice }
}

const told: Record<string, (w: World) => Promise<unknown>> = {
  pause: (w) => changeControl(w.ledger, runId, (control) => ({ ...control, command: 'pause' })),
  abort: (w) => changeControl(w.ledger, runId, (control) => ({ ...control, command: 'abort' })),
  'newer lease': (w) => changeControl(w.ledger, runId, (control) => ({ ...control, fence: 2 })),
  'end of its execution': (w) => updateRun(w.ledger, runId, (run) => ({ ...run, state: 'stopped', because: 'halted' })),
}

describe('A slice on tables that take 3 s for each request', () => {
  it.each([
    ['pause', { outcome: 'stopped', reason: 'paused' }],
    ['abort', { outcome: 'stopped', reason: 'aborted' }],
    ['newer lease', { outcome: 'stopped', reason: 'fenced' }],
    ['end of its execution', { outcome: 'stopped', reason: 'fenced' }],
  ] as const)('begins no request later than 10 s after a %s, and keeps what it has done', async (what, outcome) => {
    for (const toldAt of [4_000, 10_500, 33_000, 301_000, 303_500]) {
      const w = await slowSlice()
      fill(w, 0, 500)
      await w.plan()
      w.at(toldAt, () => told[what]!(w))
      expect(await w.slice()).toEqual(outcome)
      expect(Math.max(...w.begun.map(({ at }) => at))).toBeLessThanOrEqual(toldAt + 10_000)
      const [chunk] = await w.chunks()
      expect(chunk?.deadline).toBeUndefined()
      expect(chunk?.tallies.read).toBeLessThanOrEqual(w.destination.size)
    }
  })

  it('stops in the survey of a hot key too, and splits nothing', async () => {
    // Longer than a permission is trusted: the second round of a survey asks again.
    const w = await slowSlice(6_000)
    fill(w, 8_000)
    await w.plan()
    const surveyed = () => w.begun.filter(({ what }) => what === 'query').length
    /** Those of the first survey, which decides whether to split. */
    const glance = 32
    const poll = () => (surveyed() > glance ? told.pause!(w) : w.at(w.clock() + 100, poll))
    w.at(1, poll)
    expect(await w.slice()).toEqual({ outcome: 'stopped', reason: 'paused' })
    expect(surveyed()).toBeGreaterThan(glance)
    expect((await w.chunks()).map(({ state }) => state)).toEqual(['open'])
  })
})

it('A slice after one without progress begins with a single item', async () => {
  const w = world()
  fill(w, 0, 100)
  await w.plan()
  const limits: number[] = []
  const slice = (scan: (table: Table) => Table['scan']) =>
    w.slice('s00000', {
      openPass(...args) {
        const pass = w.engine().openPass(...args)
        return { ...pass, table: { ...pass.table, scan: scan(pass.table) } }
      },
    })
  const asked = (table: Table): Table['scan'] => {
    return (request) => {
      limits.push(request.limit)
      return table.scan(request)
    }
  }
  await slice(() => () => Promise.reject(new StoppedError('aborted')))
  await slice(asked)
  expect(limits[0]).toBe(1)
  expect(limits.at(-1)).toBeGreaterThan(1)
})
