import { describe, expect, it } from 'vitest'
import type { Table } from '../../../../shared/dynamodb/ports.ts'
import { retrying } from '../../../../shared/dynamodb/retrying-table.ts'
import { sendAll } from '../../../../shared/dynamodb/sdk/calls.ts'
import type { RunBudget } from '../../../../shared/ledger/control.ts'
import { changeControl } from '../../../../shared/ledger/control.ts'
import { openPass } from '../../../../shared/passes/open-pass.ts'
import type { Ask } from '../../../../shared/runtime/retry.ts'
import { virtualTime } from '../../virtual-time.ts'
import { drive, runId, world } from './world.ts'

const keys = 3

/** A slice on quick tables, and what it took: a unit for each item that is written, and half of one for a page of ten. */
async function budgeted(options: {
  items: number
  sliceMs?: number
  concurrency?: number
  budget?: Partial<RunBudget>
}) {
  const { items, sliceMs = 900_000, concurrency = 1, budget } = options
  const w = world({ sliceMs })
  const time = virtualTime()
  const runtime = { ...w.runtime, clock: time.clock, sleep: time.sleep, random: () => 0.9 }
  for (let i = 0; i < items; i++)
    w.source.store({ pk: { S: `key-${i % keys}` }, sk: { S: String(i).padStart(6, '0') } })
  await w.plan()
  const allow = (units: Partial<RunBudget> | undefined) =>
    changeControl(w.ledger, runId, ({ budget: _, ...control }) =>
      units ? { ...control, budget: { at: time.clock(), ...units } } : control,
    )
  await allow(budget)
  const taken: { at: number; kind: 'read' | 'write'; units: number }[] = []
  const quick = (table: Table, ask: Ask): Table => ({
    ...table,
    name: table.name,
    schema: table.schema,
    scan: (request) =>
      time.request('scan', 20, async () => {
        const page = await table.scan(request)
        const units = Math.max(0.5, page.items.length / 20)
        taken.push({ at: time.clock(), kind: 'read', units })
        return { ...page, units }
      }),
    put: (all) =>
      sendAll(
        all.length,
        [...all.keys()].map((position) => ({
          positions: [position],
          send: (report) => {
            taken.push({ at: time.clock(), kind: 'write', units: 1 })
            report(1)
            return time.request('put', 20, () => table.put([all[position]!]))
          },
        })),
        { alone: async () => 'written', probe: async () => true },
        ask,
      ),
  })
  const open = (name: string, _: unknown, ask: Ask) =>
    retrying(quick(name === 'source' ? w.source : w.destination, ask), runtime, ask)
  const passes = { ledger: w.ledger, runtime, open, migrations: [], sliceMs }
  const slice: typeof w.slice = (chunk) => {
    const end = time.clock() + sliceMs
    return time.during(
      w.slice(chunk, {
        runtime,
        concurrency,
        deadline: { remainingMs: () => end - time.clock() },
        openPass: (run, pass, ask) => openPass(run, pass, ask, passes),
      }),
    )
  }
  /** The most units of a kind in any minute. */
  const most = (kind: 'read' | 'write', from = 0, to = Number.POSITIVE_INFINITY) => {
    const all = taken.filter((each) => each.kind === kind && each.at >= from && each.at < to)
    let [most, within, first] = [0, 0, 0]
    for (const { at, units } of all) {
      within += units
      while (all[first]!.at <= at - 60_000) within -= all[first++]!.units
      most = Math.max(most, within)
    }
    return most
  }
  return {
    ...w,
    at: time.at,
    clock: time.clock,
    slice,
    allow,
    taken,
    most,
    run: () => drive({ ...w, slice }, 's00000'),
  }
}

describe('A slice of a run with a budget', () => {
  it('takes its share in every minute and nearly all of it, and says what it took', async () => {
    const w = await budgeted({ items: 6_000, concurrency: 4, budget: { writeUnits: 40 } })
    expect(await w.slice('s00000')).toEqual({ outcome: 'done' })
    expect(w.most('write')).toBeLessThanOrEqual(1.1 * 10 * 60)
    expect(w.clock()).toBeLessThan((6_000 / 0.8 / 10) * 1000)
    const [chunk] = await w.chunks()
    const read = w.taken.reduce((sum, { kind, units }) => sum + (kind === 'read' ? units : 0), 0)
    expect(chunk?.tallies).toMatchObject({ read: 6_000, writeUnits: 6_000, readUnits: read })
  })

  it('splits no key because it waits, and shows what it waits for', async () => {
    const w = await budgeted({ items: 3_000, sliceMs: 60_000, budget: { writeUnits: 10 } })
    expect(await w.slice('s00000')).toEqual({ outcome: 'more' })
    const outcomes = await w.run()
    expect(new Set(outcomes.map(({ outcome }) => outcome))).toEqual(new Set(['more', 'done']))
    expect(w.events.some(({ code }) => code === 'chunk.split')).toBe(false)
    expect(w.destination.size).toBe(3_000)
  })

  it('obeys a budget that is halved in mid-page within 10 s, and one that is lifted', async () => {
    const w = await budgeted({ items: 9_000, budget: { writeUnits: 40 } })
    w.at(100_000, () => w.allow({ writeUnits: 10 }))
    w.at(250_000, () => w.allow(undefined))
    expect(await w.slice('s00000')).toEqual({ outcome: 'done' })
    expect(w.most('write', 0, 100_000)).toBeGreaterThan(0.8 * 40 * 60)
    expect(w.most('write', 110_000, 250_000)).toBeLessThanOrEqual(1.1 * 10 * 60)
    expect(w.most('write', 250_000)).toBeGreaterThan(1.2 * 40 * 60)
  })

  it('ends within 10 s of a pause although it waits for minutes', async () => {
    const w = await budgeted({ items: 1_000, concurrency: 1_000, budget: { writeUnits: 1_000 / 60 } })
    w.at(100_000, () => changeControl(w.ledger, runId, (control) => ({ ...control, command: 'pause' })))
    expect(await w.slice('s00000')).toEqual({ outcome: 'stopped', reason: 'paused' })
    expect(w.clock()).toBeLessThanOrEqual(110_000)
    expect(w.taken.filter(({ kind }) => kind === 'write').length).toBeLessThanOrEqual(3)
  })

  it('touches its row every minute while it waits, and shows why', async () => {
    const w = await budgeted({ items: 100, concurrency: 1_000, budget: { writeUnits: 1 } })
    const rows: unknown[] = []
    for (let at = 65_000; at < 700_000; at += 60_000)
      w.at(at, async () => {
        const [chunk] = await w.chunks()
        rows.push(at - chunk!.updatedAt < 62_000 && chunk!.using?.waitsFor)
      })
    expect(await w.slice('s00000')).toEqual({ outcome: 'more' })
    expect(new Set(rows)).toEqual(new Set(['write']))
  })

  it('waits, and does not fail its chunk, where its whole time is not enough for one item', async () => {
    const w = await budgeted({ items: 10, sliceMs: 10_000, concurrency: 1_000, budget: { writeUnits: 1 } })
    expect([await w.slice('s00000'), await w.slice('s00000')]).toEqual([{ outcome: 'more' }, { outcome: 'more' }])
    expect(w.taken.filter(({ kind }) => kind === 'write')).toEqual([])
  })
})
