import { describe, expect, test } from 'vitest'
import type { TableDescription, TableIndex } from '../../../../shared/dynamodb/sdk/describe.ts'
import { type ForecastInput, forecast, shareOfRun } from '../../../../shared/operator/plan/forecast.ts'
import { noSums } from '../../../../shared/operator/plan/measure.ts'
import type { Sample } from '../../../../shared/operator/plan/sample.ts'

const table = (name: string, change: Partial<TableDescription> = {}): TableDescription => ({
  name,
  arn: `arn:aws:dynamodb:eu-west-1:111122223333:table/${name}`,
  schema: { pk: { name: 'pk', type: 'S' } },
  status: 'ACTIVE',
  itemCount: 0,
  sizeBytes: 0,
  ...change,
})

/** 100 items of 2 KB; each makes one output of the same size, and one in ten a second one of 1 KB. */
const sums = {
  ...noSums(0),
  items: 100,
  bytes: 100 * 2_048,
  outputs: 110,
  outputBytes: 100 * 2_048 + 10 * 1_024,
  writeUnits: 210,
  readUnits: 110,
  originUnits: 120,
}
const sample: Sample = { pages: 4, sums, migrated: true, complete: false, fullPages: [] }

function make(change: Partial<ForecastInput> = {}) {
  const made = forecast({
    source: table('alpha'),
    destination: table('beta'),
    sample,
    items: 1_000_000,
    itemsLeft: 1_000_000,
    offline: false,
    atWork: 40,
    keySeconds: 0,
    streamSlackSeconds: 60,
    memoryMb: 1_024,
    architecture: 'arm64',
    ...change,
  })
  const phase = (name: string) => made.phases.find((each) => each.phase === name)
  return { ...made, phase }
}

describe('the forecast of a run', () => {
  test('counts what copy reads and writes, second outputs included', () => {
    const { phase } = make()
    expect(phase('Copy')?.uses).toEqual([
      { of: 'source', name: 'alpha', readUnits: 250_000, writeUnits: 0, bytes: 2_048_000_000 },
      { of: 'destination', name: 'beta', readUnits: 0, writeUnits: 2_100_000, bytes: 2_150_400_000 },
    ])
    expect(phase('Copy')?.seconds).toBe(2_100_000 / 1_000 / 40)
  })

  test('doubles the reads of an offline copy, which are strongly consistent, and leaves out live changes', () => {
    const { phase, phases } = make({ offline: true })
    expect(phase('Copy')?.uses[0]?.readUnits).toBe(500_000)
    expect(phases.map((each) => each.phase)).toEqual(['Copy', 'Verify', 'Orphans'])
  })

  test('waits twice the slack before copy, and once after it', () => {
    const { phase } = make()
    expect([phase('Capture')?.seconds, phase('Drain')?.seconds]).toEqual([120, 60])
  })

  test('counts each global index by itself; a local one is in the units of the table', () => {
    const index = (name: string, kind: TableIndex['kind']): TableIndex => ({
      name,
      kind,
      keys: ['x'],
      projected: 'all',
    })
    const indexes = [index('byStatus', 'global'), index('byDate', 'local')]
    const { phase } = make({
      destination: table('beta', { indexes }),
      sample: {
        ...sample,
        sums: {
          ...sums,
          indexes: [
            { bytes: 5_000, writeUnits: 50 },
            { bytes: 9_000, writeUnits: 90 },
          ],
        },
      },
    })
    expect(phase('Copy')?.uses.slice(2)).toEqual([
      { of: 'index', name: 'byStatus', readUnits: 0, writeUnits: 500_000, bytes: 50_000_000 },
    ])
  })

  test('writes everything once more into each replica, its indexes included', () => {
    const indexes: TableIndex[] = [{ name: 'byStatus', kind: 'global', keys: ['x'], projected: [] }]
    const { phase, total } = make({
      destination: table('beta', { indexes, replicas: ['us-west-2', 'ap-south-1'] }),
      sample: { ...sample, sums: { ...sums, indexes: [{ bytes: 5_000, writeUnits: 50 }] } },
    })
    const replicas = phase('Copy')?.uses.filter((use) => use.of === 'replica')
    expect(replicas?.map(({ name, writeUnits }) => [name, writeUnits])).toEqual([
      ['us-west-2', 2_600_000],
      ['ap-south-1', 2_600_000],
    ])
    expect(total.writeUnits).toBe(3 * 2_600_000)
  })

  test('counts Verify and Orphans: a scan of one table and reads by key of the other', () => {
    const { phase } = make()
    expect(phase('Verify')?.uses.map(({ of, readUnits }) => [of, readUnits])).toEqual([
      ['source', 250_000],
      ['destination', 1_100_000],
    ])
    expect(phase('Orphans')?.uses.map(({ of, readUnits }) => [of, readUnits])).toEqual([
      ['source', 1_200_000],
      ['destination', 262_500],
    ])
  })

  test('gives Verify and Orphans their measured shares beside the copy of the whole table', () => {
    const { phase } = make()
    const copy = phase('Copy')?.seconds ?? 0
    expect(phase('Verify')?.seconds).toBeCloseTo((copy * shareOfRun.verify) / shareOfRun.copy)
    expect(phase('Orphans')?.seconds).toBeCloseTo((copy * shareOfRun.orphans) / shareOfRun.copy)
    const resumed = make({ itemsLeft: 0 })
    expect(resumed.phase('Copy')?.seconds).toBe(0)
    expect(resumed.phase('Verify')?.seconds).toBe(phase('Verify')?.seconds)
  })

  test('never lets Orphans be faster than partitions answer reads by key', () => {
    const { phase } = make({ sample: { ...sample, sums: { ...sums, originUnits: 12_000 } } })
    expect(phase('Orphans')?.seconds).toBe((12_000 * 10_000) / 3_000 / 40)
  })

  test('is never below the floor of the heaviest key', () => {
    // 50 M items of 1 KB under one key take at least 14 h.
    expect(make({ keySeconds: 50_000 }).phase('Copy')?.seconds).toBe(50_000)
  })

  test('adds everything up', () => {
    const { total, phases } = make()
    expect(total.seconds).toBe(phases.reduce((sum, { seconds }) => sum + seconds, 0))
    expect(total.readUnits).toBe(250_000 + 250_000 + 1_100_000 + 1_200_000 + 262_500)
    expect(total.writeUnits).toBe(2_100_000)
  })

  test('of an empty table is all waiting', () => {
    const { total } = make({ items: 0, itemsLeft: 0, sample: { ...sample, sums: noSums(0) } })
    expect(total).toEqual({ readUnits: 0, writeUnits: 0, bytes: 0, seconds: 180 })
  })
})
