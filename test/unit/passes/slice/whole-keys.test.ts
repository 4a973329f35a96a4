import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { Table } from '../../../../shared/dynamodb/ports.ts'
import type { RawItem } from '../../../../shared/dynamodb/raw-item.ts'
import { readCoverage } from '../../../../shared/facts/coverage.ts'
import { listChunks } from '../../../../shared/ledger/chunks.ts'
import { writeControl } from '../../../../shared/ledger/control.ts'
import { rememberHeavy } from '../../../../shared/ledger/heavy.ts'
import { createRun, getRun, type RunRecord, updateRun } from '../../../../shared/ledger/runs.ts'
import { readWholeKeys } from '../../../../shared/ledger/whole-keys.ts'
import { buildReport } from '../../../../shared/operator/report/build.ts'
import { reportPage } from '../../../../shared/operator/report/markdown.ts'
import { planPass } from '../../../../shared/phases/plan-pass.ts'
import { drive, fill, runId, schema, type World, world } from './world.ts'

const hot = { S: 'hot' }

async function planned(w: World, change: Partial<RunRecord> = {}) {
  const run: RunRecord = {
    ...{ id: runId, state: 'running', phase: 'Copy', source: 'source', destination: 'destination', schema },
    ...{ codeHash: 'code', pending: [], segments: 2, split: true, offline: true, planned: false },
    ...{ execution: 'arn', fence: 1, startedAt: 0, ...change },
  } as RunRecord
  await createRun(w.ledger, run)
  await writeControl(w.ledger, runId, undefined, { command: 'run', fence: 1 })
  return plan(w)
}

async function plan({ ledger, runtime }: World): Promise<string[]> {
  const listed: string[] = []
  const manifests = {
    async write(key: string, items: { chunk: string }[]) {
      listed.push(...items.map(({ chunk }) => chunk))
      return { bucket: 'bucket', key }
    },
  }
  await planPass({ run: runId, fence: 1, kind: 'copy' }, { ledger, manifests, runtime })
  return listed
}

const remember = ({ ledger }: World, pk: { S: string }, items: number) =>
  rememberHeavy(ledger, 'source', { pk, items, run: 'earlier', seenAt: 0 })

describe('the heaviest keys known when a pass is planned', () => {
  it('are roots of its coverage: walked by Query from their first sort key, and jumped over by the scan', async () => {
    const w = world({ itemMs: 10, segments: 2 })
    fill(w, 3_000, 200)
    await remember(w, hot, 5)
    await remember(w, { S: 'gone since' }, 7)
    expect(await planned(w)).toEqual(['k00000', 'k00001', 's00000', 's00001'])
    expect(await readWholeKeys(w.ledger, runId, 'copy')).toEqual([{ S: 'gone since' }, hot])

    const scanned: RawItem[] = []
    const applied = spied(w, scanned)
    for (const root of ['s00000', 's00001']) await drive(applied, root)
    expect(scanned.map(({ key }) => key.pk)).not.toContainEqual(hot)
    expect(await readCoverage(w.ledger, await getRun(w.ledger, runId), 'copy')).toMatchObject({
      complete: false,
      open: 2,
      tallies: { read: 200 },
    })

    for (const root of ['k00000', 'k00001']) await drive(w, root)
    expect(await readCoverage(w.ledger, await getRun(w.ledger, runId), 'copy')).toMatchObject({
      complete: true,
      tallies: { read: 3_200, written: 3_200 },
    })
    expect(w.destination.items()).toEqual(w.source.items())
    // It is split at once, as a key that was heavy before.
    const [whole] = (await listChunks(w.ledger, runId, 'copy')).filter(({ id }) => id === 'k00001')
    expect(whole).toMatchObject({ state: 'split', splitKey: 'S:hot' })
    expect(whole!.tallies.read).toBeLessThan(100)
    const { heavyKeys } = await buildReport(w.ledger, runId)
    expect(heavyKeys[0]).toMatchObject({ read: 3_000 })
  })

  it('are all that its slices jump over, whatever has become heavy since', async () => {
    const w = world({ segments: 1 })
    fill(w, 50, 20)
    await remember(w, hot, 5)
    await planned(w, { segments: 1 })
    const { pk } = w.source.items().find((item) => !isDeepStrictEqual(item.pk, hot))! as { pk: { S: string } }
    await remember(w, pk, 50)
    const scanned: RawItem[] = []
    await drive(spied(w, scanned), 's00000')
    expect(scanned.map(({ key }) => key.pk)).toContainEqual(pk)
    expect(scanned).toHaveLength(20)
  })

  it('stay as they are when the pass is planned again, whatever has become heavy since', async () => {
    const w = world({ segments: 1 })
    await remember(w, hot, 5)
    await planned(w, { segments: 1 })
    await remember(w, { S: 'other' }, 50)
    await updateRun(w.ledger, runId, (run) => ({ ...run, planned: false }))
    expect(await plan(w)).toEqual(['k00000', 's00000'])
    expect(await readWholeKeys(w.ledger, runId, 'copy')).toEqual([hot])
  })

  it('are a hundred at most, the heaviest', async () => {
    const w = world()
    for (let n = 0; n < 130; n++) await remember(w, { S: `key ${n}` }, n)
    expect(await planned(w, { segments: 1 })).toHaveLength(101)
    const keys = await readWholeKeys(w.ledger, runId, 'copy')
    expect([keys[0], keys.at(-1)]).toEqual([{ S: 'key 129' }, { S: 'key 30' }])
  })

  it.each([
    ['a run that does not split', { split: false }],
    ['a table without sort keys', { schema: { pk: schema.pk } }],
  ])('are no roots for %s', async (_, change) => {
    const w = world()
    await remember(w, hot, 5)
    expect(await planned(w, { segments: 1, ...change })).toEqual(['s00000'])
  })

  it('are no roots of a pass that an earlier version has planned without them', async () => {
    const w = world({ segments: 1 })
    await w.plan()
    await updateRun(w.ledger, runId, (run) => ({ ...run, planned: false }))
    await remember(w, hot, 5)
    expect(await plan(w)).toEqual(['s00000'])
  })
})

describe('a table whose scans return sort keys that do not ascend within a partition key', () => {
  it('is resumed, never split, and the run says so', async () => {
    const w = world({ itemMs: 10 })
    fill(w, 3_000, 20)
    await w.plan()
    const outcomes = await drive(disordered(w), 's00000')
    expect(outcomes.map(({ outcome }) => outcome)).not.toContain('split')
    expect(outcomes.length).toBeGreaterThan(1)
    expect(w.events).toContainEqual(expect.objectContaining({ code: 'table.unordered', table: 'source' }))
    expect((await getRun(w.ledger, runId)).unordered).toEqual(['source'])
    expect(reportPage(await buildReport(w.ledger, runId))).toContain(
      'source is resumed, never split: its scans returned sort keys out of order within a partition key',
    )
  })

  it('is not split by a slice that has seen none of them itself', async () => {
    const w = world({ itemMs: 10 })
    fill(w, 3_000)
    await w.plan()
    await updateRun(w.ledger, runId, (run) => ({ ...run, unordered: ['source'] }))
    const outcomes = await drive(w, 's00000')
    expect(outcomes.map(({ outcome }) => outcome)).not.toContain('split')
  })
})

/** The same world whose slices read the source through `change`. */
function reading(w: World, change: (table: Table) => Partial<Table>): World {
  return {
    ...w,
    slice: (chunk) =>
      w.slice(chunk, {
        openPass: (...args) => {
          const pass = w.engine().openPass(...args)
          return { ...pass, table: { ...pass.table, ...change(pass.table) } }
        },
      }),
  }
}

/** Notes what slices of it apply. */
function spied(w: World, applied: RawItem[]): World {
  return {
    ...w,
    slice: (chunk) =>
      w.slice(chunk, {
        openPass: (...args) => {
          const pass = w.engine().openPass(...args)
          return {
            ...pass,
            apply(items, place) {
              applied.push(...items)
              return pass.apply(items, place)
            },
          }
        },
      }),
  }
}

/** Scans return the tenth and eleventh item of each page the other way round. */
function disordered(w: World): World {
  return reading(w, (table) => ({
    async scan(request) {
      const { items, ...rest } = await table.scan(request)
      const [a, b] = [items[10], items[11]]
      return { ...rest, items: a && b ? items.toSpliced(10, 2, b, a) : items }
    },
  }))
}
