import { describe, expect, it } from 'vitest'
import { parseOptions } from '../../../shared/config/options.ts'
import { beginCapture, endCapture } from '../../../shared/ledger/capture.ts'
import { writeControl } from '../../../shared/ledger/control.ts'
import { readLease, writeLease } from '../../../shared/ledger/lease.ts'
import { listQuarantine } from '../../../shared/ledger/quarantine.ts'
import { createRun, getRun, updateRun } from '../../../shared/ledger/runs.ts'
import { applyBatch } from '../../../shared/live/batch.ts'
import type { LiveEngine } from '../../../shared/live/engine.ts'
import { liveFencing } from '../../../shared/live/fencing.ts'
import type { StreamRecord } from '../../../shared/live/ports.ts'
import type { Migration } from '../../../shared/migrations/index.ts'
import { liveHandler } from '../../../shared/phases/handlers/live.ts'
import { memoryLiveTables } from '../../memory/live-tables.ts'
import { item, output, record, run, world } from './world.ts'

async function gated(codeHash = 'code', since = 0) {
  const made = await world()
  await beginCapture(made.ledger, run, { since, stream: 'arn:stream:source' })
  const fencing = liveFencing(made.ledger, 'destination', codeHash, () => made.time.now)
  const apply = (records: Parameters<typeof applyBatch>[0], engine: LiveEngine = made.engine) =>
    applyBatch(records, { fencing, engine: () => engine })
  return { ...made, fencing, apply }
}

describe('a batch', () => {
  it('keeps the order of each item and works on different items side by side', async () => {
    const { apply, engine, items, events } = await gated()
    let atOnce = 0
    let most = 0
    const tables: LiveEngine['tables'] = {
      async commit(...args) {
        most = Math.max(most, ++atOnce)
        await new Promise((resolve) => setImmediate(resolve))
        atOnce--
        return engine.tables.commit(...args)
      },
    }
    const names = Array.from({ length: 40 }, (_, i) => `a${i}`)
    const versions = [1, 2, 3].flatMap((v) => names.map((name) => record(v, { new: item(name, [`x${name}`], v) })))
    await apply(versions, { ...engine, tables })
    expect(Object.values(items())).toEqual(Object.values(items()).map(({ pk }) => output((pk as { S: string }).S, 3)))
    expect(most).toBeGreaterThan(4)
    expect(most).toBeLessThanOrEqual(16)
    expect(events).toContainEqual(expect.objectContaining({ code: 'live.batch', records: 120 }))
  })

  it('goes on past an item that cannot be migrated', async () => {
    const { apply, items, ledger } = await gated()
    await apply([record(1, { new: item('bad', ['poison']) }), record(1, { new: item('good', ['x']) })])
    expect(items()).toEqual({ x: output('x') })
    expect(await listQuarantine(ledger, run)).toHaveLength(1)
  })

  it('throws any other failure, begins nothing after it, and returns only when nothing is under way any more', async () => {
    const { apply, engine } = await gated()
    let underWay = 0
    let begun = 0
    const tables: LiveEngine['tables'] = {
      async commit(writes) {
        underWay++
        begun++
        await new Promise((resolve) => setImmediate(resolve))
        underWay--
        if (writes[0]!.row.row.key === '["S:x3"]') throw new Error('broken')
        return true
      },
    }
    const records = Array.from({ length: 100 }, (_, i) => record(1, { new: item(`a${i}`, [`x${i}`]) }))
    await expect(apply(records, { ...engine, tables })).rejects.toThrow('broken')
    expect(underWay).toBe(0)
    expect(begun).toBeLessThan(40)
  })
})

it('a batch that outlives its run writes nothing into the next one', async () => {
  const { engine, fencing, items } = await gated()
  let asked = 0
  const changing = async () => {
    const permit = await fencing()
    return asked++ === 0 ? permit : { ...permit, run: { ...permit.run, id: 'run00002' } }
  }
  const batch = applyBatch([record(1, { new: item('a', ['x']) })], { fencing: changing, engine: () => engine })
  await expect(batch).rejects.toMatchObject({ code: 'fenced' })
  expect(items()).toEqual({})
})

it('a batch that a new run overtakes before it begins is not applied by the heads of the run before', async () => {
  const { ledger, time, source, destination, engine, items } = await world()
  await beginCapture(ledger, run, { since: 0, stream: 'arn:stream:source' })
  const begins = async () => {
    const [last, lease] = await Promise.all([getRun(ledger, run), readLease(ledger, 'destination')])
    if (lease!.fence > 1) return
    await createRun(ledger, { ...last, id: 'run00002', fence: 2 })
    await writeControl(ledger, 'run00002', undefined, { command: 'run', fence: 2 })
    await beginCapture(ledger, 'run00002', { since: 0, stream: 'arn:stream:source' })
    await writeLease(ledger, lease, { ...lease!, run: 'run00002', fence: 2 })
    time.now += 6_000
  }
  const handler = liveHandler({
    options: parseOptions({ sourceTable: 'source', destinationTable: 'destination' }),
    codeHash: 'code',
    searchHash: undefined,
    streamArn: undefined,
    runtime: engine.runtime,
    ledger,
    describeTable: () => Promise.reject(new Error('not asked')),
    openTable: () => source,
    liveTables: () => memoryLiveTables(destination, ledger),
    // Loading them takes a while.
    migrations: async () => {
      await begins()
      return engine.migrations as Migration[]
    },
    recordsOf: (records: StreamRecord[]) => records,
  })
  const batch = () => handler([record(1, { new: item('a', ['x']) })], { remainingMs: () => 60_000 })
  await batch().catch(() => {})
  expect(ledger.rows().filter(({ pk }) => pk.startsWith(`HEAD#${run}#`))).toEqual([])
  await batch()
  expect(items()).toEqual({ x: output('x') })
  expect(ledger.rows().filter(({ pk }) => pk.startsWith('HEAD#run00002#'))).toHaveLength(1)
})

describe('fencing of live changes', () => {
  const change = [record(1, { new: item('a', ['x']) })]

  it.each([
    ['aborted', { command: 'abort' }],
    ['fenced', { fence: 2 }],
  ])('refuses a batch of a run that is %s', async (code, change_) => {
    const { apply, control, items } = await gated()
    await control(change_)
    await expect(apply(change)).rejects.toMatchObject({ code })
    expect(items()).toEqual({})
  })

  it('takes an abort for void that a run had not seen when it finished', async () => {
    const { apply, control, ledger, items } = await gated()
    await updateRun(ledger, run, (before) => ({ ...before, state: 'finished' }))
    await control({ command: 'abort' })
    await apply(change)
    expect(items()).toEqual({ x: output('x') })
  })

  it('refuses a batch from the moment capture off is recorded, and lets it through once capture is on again', async () => {
    const { apply, ledger, items } = await gated()
    await endCapture(ledger, run, 0)
    await expect(apply(change)).rejects.toMatchObject({ code: 'capture-off' })
    expect(items()).toEqual({})
    await beginCapture(ledger, run, { since: 0, stream: 'arn:stream:source' })
    await apply(change)
    expect(items()).toEqual({ x: output('x') })
  })

  it('refuses what is left of a batch within five seconds of capture off', async () => {
    const { apply, ledger, engine, items, time } = await gated()
    const tables: LiveEngine['tables'] = {
      async commit(...args) {
        await endCapture(ledger, run, time.now)
        time.now += 5_000
        return engine.tables.commit(...args)
      },
    }
    const one = Array.from({ length: 3 }, (_, i) => record(i + 1, { new: item('a', [`x${i}`]) }))
    const later = Array.from({ length: 40 }, (_, i) => record(9, { new: item(`b${i}`, [`y${i}`]) }))
    await expect(apply([...one, ...later], { ...engine, tables })).rejects.toMatchObject({ code: 'capture-off' })
    expect(Object.keys(items()).length).toBeLessThan(20)
  })

  it('refuses a batch where no run was ever begun', async () => {
    const { ledger } = await gated()
    const fencing = liveFencing(ledger, 'another', 'code', () => 0)
    await expect(fencing()).rejects.toMatchObject({ code: 'not-running' })
  })

  it('lets changes through once the run has ended, so that its copy stays up to date', async () => {
    const { apply, ledger, items } = await gated()
    const lease = await readLease(ledger, 'destination')
    await writeLease(ledger, lease, { ...lease!, held: false })
    await apply(change)
    expect(items()).toEqual({ x: output('x') })
  })

  it('refuses a batch of a run that does not capture yet', async () => {
    const made = await world()
    const fencing = liveFencing(made.ledger, 'destination', 'code', () => made.time.now)
    await expect(fencing()).rejects.toMatchObject({ code: 'not-running' })
  })

  it('leaves changes from before capture to copy, and acknowledges them', async () => {
    const { apply, items } = await gated('code', 1_000)
    await apply([record(1, { new: item('a', ['x']) }, 999), record(2, { new: item('b', ['y']) }, 1_000)])
    expect(items()).toEqual({ y: output('y') })
  })

  it('applies nothing while the run is offline', async () => {
    const { apply, ledger, items } = await gated()
    await updateRun(ledger, run, (before) => ({ ...before, offline: true }))
    await apply(change)
    expect(items()).toEqual({})
  })

  it('refuses a batch under other code than the run was begun with', async () => {
    const { apply } = await gated('other')
    await expect(apply(change)).rejects.toMatchObject({ code: 'code-changed' })
  })

  it('lets the changes of a paused run through: the stream forgets', async () => {
    const { apply, control, items } = await gated()
    await control({ command: 'pause' })
    await apply(change)
    expect(items()).toEqual({ x: output('x') })
  })

  it('believes its answer for five seconds and no longer, in the middle of a batch too', async () => {
    const { fencing, control, time, apply, items } = await gated()
    await fencing()
    await control({ command: 'abort' })
    time.now += 4_999
    await apply(change)
    expect(items()).toEqual({ x: output('x') })
    time.now += 1
    await expect(apply([record(2, { old: item('a', ['x']) })])).rejects.toMatchObject({ code: 'aborted' })
  })

  it('does not remember a refusal', async () => {
    const { fencing, control } = await gated()
    await control({ command: 'abort' })
    await expect(fencing()).rejects.toMatchObject({ code: 'aborted' })
    await control({ command: 'run' })
    expect(await fencing()).toMatchObject({ run: { id: run } })
  })

  it('says which quiet period the run is in', async () => {
    const { fencing, control } = await gated()
    await control({ quiet: 'q' })
    expect(await fencing()).toMatchObject({ quiet: 'q' })
  })
})
