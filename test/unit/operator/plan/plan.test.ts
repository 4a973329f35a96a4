import { describe, expect, test } from 'vitest'
import { exitCodeOfPlan } from '../../../../cli/exit-codes.ts'
import { planJson, planPage } from '../../../../cli/render/plan.ts'
import { parseOptions, parseRequest } from '../../../../shared/config/options.ts'
import { writeApplied } from '../../../../shared/ledger/applied.ts'
import { rememberHeavy } from '../../../../shared/ledger/heavy.ts'
import { updateRun } from '../../../../shared/ledger/runs.ts'
import type { Migration } from '../../../../shared/migrations/index.ts'
import { estimateItems, estimateWork } from '../../../../shared/operator/plan/estimate.ts'
import { makePlan } from '../../../../shared/operator/plan/plan.ts'
import type { Sample } from '../../../../shared/operator/plan/sample.ts'
import { aRun, aSegment, memoryWorld, store } from '../../cli/fixtures.ts'

const heavy = 'section-outbox|docket'
const view = { keys: true, assumed: false, flag: '' }

function setUp() {
  const memory = memoryWorld()
  const { world, tables } = memory
  const fill = (pk: string, count: number) => {
    for (let i = 0; i < count; i++) tables.alpha.store({ pk: { S: pk }, sk: { S: new Date(i * 60_000).toISOString() } })
  }
  const plan = (request = {}, sliceSeconds = 900, migrations?: Migration[], deployed = 'arn:stream:alpha') =>
    makePlan(parseRequest(request), {
      ledger: world.ledger,
      describeExecution: world.executions.describe,
      describeTable: world.describeTable,
      openTable: world.openTable,
      options: parseOptions({ sourceTable: 'alpha', destinationTable: 'beta', sliceSeconds, segments: 4 }),
      stream: deployed || undefined,
      ...(migrations && { migrations }),
      runtime: world.runtime,
    })
  return { ...memory, fill, plan }
}

describe('a plan', () => {
  test('of a small table counts it, whatever its stale count says', async () => {
    const { fill, plan, state } = setUp()
    fill('case|1', 10)
    fill('case|2', 5)
    state.itemCount = 0
    const made = await plan()
    expect(made.items).toEqual({ items: 15, basis: 'counted' })
    expect(made.work.writeUnits).toBe(15)
    expect(exitCodeOfPlan(made)).toBe(0)
  })

  test('names a key that filled a page and will not fit into one slice, and its floor', async () => {
    const { fill, plan, state } = setUp()
    fill(heavy, 20_000)
    state.itemCount = 20_000
    const made = await plan({}, 5)
    expect(made.keys).toHaveLength(1)
    expect(made.keys[0]).toMatchObject({ from: 'sampled', fits: false })
    expect(made.keys[0]!.items).toBeGreaterThan(18_000)
    // 20,000 write units into one partition at 1,000 a second; four slices would take a quarter of that.
    expect(made.work.seconds).toBeGreaterThan(18)
    expect(exitCodeOfPlan(made)).toBe(5)
    const page = planPage(made, view).join('\n')
    expect(page).toMatch(
      /section-outbox\|docket {2}about [\d,]+ items, sampled {2}at least \d+s to write {2}will not fit in one slice: will be split/,
    )
  })

  test('meets a heavy key behind others in a small table, and jumps over it to the end', async () => {
    const { fill, plan } = setUp()
    for (let i = 0; i < 6_000; i++) fill(`case|${i}`, 1)
    fill(heavy, 12_000)
    const { keys, sample } = await plan()
    expect(keys).toEqual([expect.objectContaining({ key: `S:${heavy}` })])
    expect(sample.complete).toBe(true)
    expect(sample.items).toBeLessThan(10_000)
  })

  test('does not claim to have met every key where it stopped at one that it could not jump over', async () => {
    const { fill, plan } = setUp()
    fill(heavy, 3_000)
    // Four segments, and the one page that starts at a key that does not exist.
    expect((await plan({ split: false })).sample).toMatchObject({ complete: false, pages: 4 })
    expect((await plan({ split: true })).sample).toMatchObject({ complete: true, pages: 5 })
  })

  test('says of the same key without splitting that it will be resumed', async () => {
    const { fill, plan } = setUp()
    fill(heavy, 20_000)
    expect(planPage(await plan({ split: false }, 5), view).join('\n')).toContain('will be resumed, slice after slice')
  })

  test('hides keys unless asked', async () => {
    const { fill, plan } = setUp()
    fill(heavy, 2_000)
    const made = await plan()
    expect(planPage(made, { ...view, keys: false }).join('\n')).not.toContain(heavy)
    expect(JSON.stringify(planJson(made, { keys: false }))).not.toContain(heavy)
  })

  test('measures keys remembered from earlier runs anew', async () => {
    const { fill, plan, ledger } = setUp()
    fill('grown', 40)
    await rememberHeavy(ledger, 'alpha', { pk: { S: 'grown' }, items: 3, seenAt: 0 })
    const { keys } = await plan()
    expect(keys).toEqual([
      expect.objectContaining({ key: 'S:grown', from: 'remembered', items: 40, exact: true, fits: true }),
    ])
  })

  test('knows which migrations are pending only where it is given them', async () => {
    const { plan, ledger } = setUp()
    await writeApplied(ledger, 'alpha', ['first'], 'run0')
    const migrations = [{ id: 'first' }, { id: 'second' }] as Migration[]
    expect((await plan()).migrations).toEqual({ applied: ['first'] })
    expect((await plan({}, 900, migrations)).migrations).toEqual({ applied: ['first'], pending: ['second'] })
    expect(planPage(await plan(), view).join('\n')).toContain('not known here')
  })

  test('says what is written and what is not', async () => {
    const { plan } = setUp()
    expect(planPage(await plan(), view)).toContain(
      "Writes only beta and Segue's own ledger; alpha is read, never written.",
    )
  })

  test('writes nothing itself', async () => {
    const { fill, plan, ledger, tables } = setUp()
    fill(heavy, 3_000)
    await plan()
    expect(ledger.rows()).toEqual([])
    expect(tables.beta.size).toBe(0)
  })
})

describe('a plan of a run that would be refused', () => {
  test('says so where the deployment reads no stream, or one that the table has no more', async () => {
    const { plan } = setUp()
    expect((await plan({}, 900, undefined, '')).refusal?.code).toBe('no-stream')
    expect((await plan({}, 900, undefined, 'arn:stream:before')).refusal?.code).toBe('stream-changed')
    expect((await plan({ offline: true }, 900, undefined, '')).refusal).toBeUndefined()
  })

  test('says so when the destination holds items', async () => {
    const { plan, tables } = setUp()
    tables.beta.store({ pk: { S: 'a' }, sk: { S: 'b' } })
    const made = await plan()
    expect(made.refusal?.code).toBe('destination-not-empty')
    expect(exitCodeOfPlan(made)).toBe(2)
    expect(planPage(made, view).at(-1)).toMatch(
      /^Would be refused \(destination-not-empty\): Table beta already holds items/,
    )
  })

  test('names the run that holds the destination while its execution lives', async () => {
    const { plan, ledger } = setUp()
    await store(ledger, aRun(), [aSegment(0, 1), aSegment(1, 1)])
    expect((await plan()).refusal).toMatchObject({
      code: 'run-in-progress',
      message: expect.stringContaining('arn:run:one'),
    })
  })

  test('says that there is nothing to resume', async () => {
    const { plan, ledger } = setUp()
    expect((await plan({ resume: true })).refusal?.code).toBe('nothing-to-resume')
    await store(ledger, aRun({ state: 'finished' }), [])
    expect((await plan({ resume: true })).refusal?.code).toBe('nothing-to-resume')
  })

  test('tells what is left of a run that can be resumed', async () => {
    const { plan, ledger, state, tables, fill } = setUp()
    fill(heavy, 3_000)
    tables.beta.store({ pk: { S: 'a' }, sk: { S: 'b' } })
    state.itemCount = 3_000
    await store(ledger, aRun(), [aSegment(0, 1_000, { state: 'done' }), aSegment(1, 500)], { held: false })
    await updateRun(ledger, 'run00001', (run) => ({ ...run, state: 'halted' }))
    const made = await plan({ resume: true })
    expect(made.refusal).toBeUndefined()
    expect(made.resumed).toEqual({ run: 'run00001', read: 1_500, open: 1, failed: 0 })
    expect(made.work.writeUnits).toBe(1_500)
  })
})

describe('estimates', () => {
  const sample: Sample = {
    items: 100,
    pages: 4,
    bytesPerItem: 2_048,
    writeUnitsPerItem: 2,
    complete: false,
    fullPages: [],
  }

  test('do not trust a count that the sample alone has passed', () => {
    expect(estimateItems(1_000, sample)).toEqual({ items: 1_000, basis: 'reported' })
    expect(estimateItems(0, sample)).toEqual({ items: 100, basis: 'at-least' })
  })

  test('count a strongly consistent read unit for 4 KB and a write unit for each KB of each item', () => {
    const work = estimateWork({ items: 1_000_000, basis: 'reported' }, sample, 40, 0)
    expect(work).toEqual({ bytes: 2_048_000_000, readUnits: 500_000, writeUnits: 2_000_000, seconds: 50 })
  })

  test('are never below the floor of the heaviest key', () => {
    // 50 M items of 1 KB under one key take at least 14 h.
    const floor = 50_000_000 / 1_000
    expect(estimateWork({ items: 50_000_000, basis: 'reported' }, sample, 1_000, floor).seconds).toBe(floor)
  })
})
