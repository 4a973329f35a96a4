import { describe, expect, test } from 'vitest'
import type { TableDescription, Throughput } from '../../../../shared/dynamodb/sdk/describe.ts'
import { forecast } from '../../../../shared/operator/plan/forecast.ts'
import { noSums } from '../../../../shared/operator/plan/measure.ts'
import { prices } from '../../../../shared/operator/plan/prices.ts'
import { doneWithin, fastest } from '../../../../shared/operator/plan/warm.ts'

const onDemand = (writeUnits: number): Throughput => ({ mode: 'on-demand', warm: { readUnits: 12_000, writeUnits } })
const provisioned = (writeUnits: number): Throughput => ({
  mode: 'provisioned',
  limit: { readUnits: 12_000, writeUnits },
})
const table = (name: string, change: Partial<TableDescription> = {}): TableDescription => ({
  name,
  arn: '',
  schema: { pk: { name: 'pk', type: 'S' } },
  status: 'ACTIVE',
  itemCount: 0,
  sizeBytes: 0,
  ...change,
})

const items = 16_000_000
const bytes = 2_500
const hotItems = 5_000_000

/** 16 M items of 2.5 KB (40 GB), 5 M of them under one key; 40 slices at work. */
function make(destination: Partial<TableDescription>, { keyItems = hotItems, indexes = 0 } = {}) {
  const beta = table('beta', destination)
  const keySeconds = (keyItems * 3) / 1_000
  const input = { destination: beta, atWork: 40, keySeconds, region: 'us-east-1' }
  const made = forecast({
    source: table('alpha', { throughput: { mode: 'on-demand', warm: { readUnits: 120_000, writeUnits: 40_000 } } }),
    sample: {
      pages: 1,
      sums: {
        ...noSums(0),
        items: 100,
        bytes: 100 * bytes,
        outputs: 100,
        outputBytes: 100 * bytes,
        writeUnits: 300,
        readUnits: 100,
        originUnits: 100,
        indexes: Array.from({ length: indexes }, () => ({ bytes: 10_000, writeUnits: 100 })),
      },
      migrated: true,
      complete: false,
      fullPages: [],
    },
    items,
    itemsLeft: items,
    offline: false,
    streamSlackSeconds: 60,
    memoryMb: 1_769,
    architecture: 'arm64',
    ...input,
  })
  const copy = made.phases.find(({ phase }) => phase === 'Copy')!
  return { made, copy, input: { ...input, forecast: made } }
}

const minutes = (seconds: number) => seconds / 60

describe('the table of 16 M items with a key of 5 M', () => {
  test('takes as long as its key in one partition, where the simulation took 265 minutes', () => {
    const { copy } = make({ throughput: onDemand(4_000) })
    expect(minutes(copy.seconds)).toBeGreaterThan(265 * 0.9)
    expect(minutes(copy.seconds)).toBeLessThan(265)
  })

  test('would take 200 minutes into a fresh on-demand table without that key, and 20 into a warm one', () => {
    const fresh = make({ throughput: onDemand(4_000) }, { keyItems: 0 })
    expect(minutes(fresh.copy.seconds)).toBe(200)
    expect(fresh.copy.narrowest).toMatchObject({ of: 'destination', rate: 4_000, unit: 'writeUnits' })
    // 4,000 a second for half an hour, 8,000 for another, and then 16,000: 7.2, 14.4 and 26.4 M.
    expect(minutes(fresh.copy.narrowest!.growingSeconds!)).toBe(30 + 30 + 27.5)
    const warm = make({ throughput: onDemand(40_000) }, { keyItems: 0 })
    expect(minutes(warm.copy.seconds)).toBe(20)
    expect(warm.copy.narrowest).toBeUndefined()
  })

  test('costs 48 M write units, three scans and two reads of each item by its key, and the Lambda time of 40 slices', () => {
    const { made } = make({ throughput: onDemand(4_000) })
    const reads = (3 * items * bytes) / 8_192 + 2 * items
    expect(made.dollars.units).toBeCloseTo(48_000_000 * prices.onDemand.writeUnit + reads * prices.onDemand.readUnit)
    const seconds = made.total.seconds - 3 * 60
    expect(made.dollars.lambda).toBeCloseTo(40 * seconds * (1_769 / 1_024) * prices.lambdaGbSecond.arm64)
  })

  test('is warmed up to what its slices can write', () => {
    const { input } = make({ throughput: onDemand(4_000) })
    expect(fastest(input)).toMatchObject({
      raises: [{ from: 4_000, to: 40_000 }],
      command:
        'aws dynamodb update-table --table-name beta --warm-throughput WriteUnitsPerSecond=40000 --region us-east-1',
      dollars: 36_000 * prices.warmOnce.writeUnit,
      copySeconds: 15_000,
    })
  })
})

describe('a destination', () => {
  test('that takes enough, or whose rate is not known, is not warmed up', () => {
    expect(fastest(make({ throughput: onDemand(40_000) }).input)).toBeUndefined()
    expect(fastest(make({}).input)).toBeUndefined()
    expect(fastest(make({ throughput: { mode: 'on-demand' } }).input)).toBeUndefined()
  })

  test('of unknown rate has the time of its slices and its key', () => {
    const { copy } = make({}, { keyItems: 0 })
    expect(minutes(copy.seconds)).toBe(20)
    expect(copy.narrowest).toBeUndefined()
  })

  test('that is provisioned takes what is provisioned, whatever it could take, and is paid for by the hour', () => {
    const { copy, made, input } = make(
      { throughput: { ...provisioned(2_000), warm: { readUnits: 12_000, writeUnits: 40_000 } } },
      { keyItems: 0 },
    )
    expect(minutes(copy.seconds)).toBe(400)
    expect(copy.narrowest).not.toHaveProperty('growingSeconds')
    expect(made.dollars.units).toBeCloseTo(((2 * items * bytes) / 8_192 + items) * prices.onDemand.readUnit)
    expect(fastest(input)).toMatchObject({
      command:
        'aws dynamodb update-table --table-name beta --provisioned-throughput ReadCapacityUnits=12000,WriteCapacityUnits=40000 --region us-east-1',
      lower:
        'aws dynamodb update-table --table-name beta --provisioned-throughput ReadCapacityUnits=12000,WriteCapacityUnits=2000 --region us-east-1',
      dollars: 38_000 * prices.provisionedHour.writeUnit,
    })
  })

  test('that auto scaling raises has its time with the most of that, where it is known', () => {
    const growing = (scalesTo?: { writeUnits?: number }) =>
      make({ throughput: { ...provisioned(2_000), ...(scalesTo && { scalesTo }) } }, { keyItems: 0 }).copy.narrowest
    expect(growing()).not.toHaveProperty('growingSeconds')
    expect(minutes(growing({ writeUnits: 8_000 })!.growingSeconds!)).toBe(100)
    expect(minutes(growing({})!.growingSeconds!)).toBe(400)
  })

  test('that somebody limits takes no more than that, and never grows beyond it', () => {
    const { copy } = make({ throughput: { ...onDemand(4_000), limit: { writeUnits: 1_000 } } }, { keyItems: 0 })
    expect(minutes(copy.seconds)).toBe(800)
    expect(minutes(copy.narrowest!.growingSeconds!)).toBe(800)
  })

  test('that somebody limits is warmed up from what it is warm for, and its limit is named', () => {
    const limited = (warm: number) =>
      fastest(make({ throughput: { ...onDemand(warm), limit: { writeUnits: 1_000 } } }, { keyItems: 0 }).input)
    expect(limited(4_000)).toMatchObject({
      raises: [{ from: 4_000, to: 40_000, limit: 1_000 }],
      dollars: 36_000 * prices.warmOnce.writeUnit,
    })
    const onlyLimited = limited(40_000)
    expect(onlyLimited).toMatchObject({ raises: [{ from: 40_000, to: 40_000, limit: 1_000 }], dollars: 0 })
    expect(onlyLimited).not.toHaveProperty('command')
  })

  test('on demand needs nothing taken back', () => {
    expect(fastest(make({ throughput: onDemand(4_000) }).input)).not.toHaveProperty('lower')
  })

  test('waits for an index that takes less than the table, and warms it up too, in every replica', () => {
    const { copy, input } = make(
      {
        throughput: onDemand(40_000),
        replicas: ['eu-west-1'],
        indexes: [{ name: 'byStatus', kind: 'global', keys: ['x'], projected: 'all', throughput: onDemand(1_000) }],
      },
      { keyItems: 0, indexes: 1 },
    )
    expect(minutes(copy.seconds)).toBeCloseTo(16_000_000 / 1_000 / 60)
    expect(copy.narrowest).toMatchObject({ of: 'index', name: 'byStatus', rate: 1_000 })
    const warm = fastest(input)
    expect(warm?.raises).toEqual([{ index: 'byStatus', from: 1_000, to: 13_400 }])
    expect(warm?.command).toContain(
      `--global-secondary-index-updates '[{"Update":{"IndexName":"byStatus","WarmThroughput":{"WriteUnitsPerSecond":13400}}}]'`,
    )
    expect(warm?.dollars).toBeCloseTo(2 * 12_400 * prices.warmOnce.writeUnit)
  })
})

describe('a run that should be done by some hour', () => {
  const key = { keyItems: 0 }
  const run = (writeUnits: number) => make({ throughput: onDemand(writeUnits) }, key)

  test('needs nothing if it is done by then anyway', () => {
    const { made, input } = run(4_000)
    expect(doneWithin(made.total.seconds + 1, input)).toEqual({ kind: 'in-time' })
  })

  test('needs a destination that is just warm enough', () => {
    const { made, copy, input } = run(4_000)
    const asked = doneWithin(made.total.seconds - copy.seconds / 2, input)
    expect(asked).toMatchObject({ kind: 'warm', warm: { raises: [{ from: 4_000, to: 8_000 }] } })
    const { made: then } = run(8_000)
    expect(then.total.seconds).toBeCloseTo(made.total.seconds - copy.seconds / 2)
  })

  test('is not possible in less time than the slices or the heaviest key need', () => {
    const { made } = run(40_000)
    expect(doneWithin(made.total.seconds - 10, run(4_000).input)).toMatchObject({
      kind: 'too-late',
      because: 'slices',
      runSeconds: made.total.seconds,
    })
    const heavy = make({ throughput: onDemand(4_000) })
    expect(doneWithin(heavy.made.total.seconds - 10, heavy.input)).toMatchObject({ kind: 'too-late', because: 'key' })
  })
})
