import { describe, expect, test } from 'vitest'
import { exitCodeOfPlan } from '../../../../cli/exit-codes.ts'
import { planJson, planPage } from '../../../../cli/render/plan.ts'
import { parseRequest } from '../../../../shared/config/options.ts'
import type { Throughput } from '../../../../shared/dynamodb/sdk/describe.ts'
import { writeApplied } from '../../../../shared/ledger/applied.ts'
import { rememberHeavy } from '../../../../shared/ledger/heavy.ts'
import { updateRun } from '../../../../shared/ledger/runs.ts'
import type { Migration } from '../../../../shared/migrations/index.ts'
import type { OperatorEngine } from '../../../../shared/operator/engine.ts'
import { estimateItems } from '../../../../shared/operator/plan/estimate.ts'
import { noSums } from '../../../../shared/operator/plan/measure.ts'
import type { NoAnswer, PlanAnswer, PlanQuestion } from '../../../../shared/operator/plan/pending.ts'
import { makePlan, type RunPlan } from '../../../../shared/operator/plan/plan.ts'
import type { Sample } from '../../../../shared/operator/plan/sample.ts'
import { aRun, aSegment, memoryWorld, start, store } from '../../cli/fixtures.ts'

const heavy = 'section-outbox|docket'
const view = { keys: true, flag: '' }
/** What copy writes to the destination itself. */
const written = ({ forecast: { phases } }: RunPlan) =>
  phases.find(({ phase }) => phase === 'Copy')?.uses.find((use) => use.of === 'destination')?.writeUnits
const secondsOf = ({ forecast: { phases } }: RunPlan, name: string) =>
  phases.find(({ phase }) => phase === name)?.seconds

function setUp() {
  const memory = memoryWorld()
  const { world, tables } = memory
  const fill = (pk: string, count: number) => {
    for (let i = 0; i < count; i++) tables.alpha.store({ pk: { S: pk }, sk: { S: new Date(i * 60_000).toISOString() } })
  }
  const asked: PlanQuestion[] = []
  const plan = (
    request = {},
    sliceSeconds = 900,
    migrations?: Migration[],
    deployed = 'arn:stream:alpha',
    answer?: PlanAnswer | NoAnswer,
  ) => makePlan(parseRequest(request), engineOf(sliceSeconds, deployed, answer), migrations)
  const engineOf = (sliceSeconds: number, sourceStream: string, answer?: PlanAnswer | NoAnswer): OperatorEngine => {
    const { sourceStream: _, ...deployment } = world.deployment
    return {
      ...world,
      deployment: { ...deployment, options: { sliceSeconds, segments: 4 }, ...(sourceStream && { sourceStream }) },
      ...(answer && {
        askPlan: async (question) => {
          asked.push(question)
          return answer
        },
      }),
    }
  }
  return { ...memory, fill, plan, asked }
}

describe('a plan', () => {
  test('of a small table counts it, whatever its stale count says', async () => {
    const { fill, plan, state } = setUp()
    fill('case|1', 10)
    fill('case|2', 5)
    state.itemCount = 0
    const made = await plan()
    expect(made.items).toEqual({ items: 15, basis: 'counted' })
    expect(written(made)).toBe(15)
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
    expect(secondsOf(made, 'Copy')).toBeGreaterThan(18)
    expect(exitCodeOfPlan(made)).toBe(5)
    const page = planPage(made, view).join('\n')
    expect(page).toMatch(
      /section-outbox\|docket {2}about [\d,]+ items \([\d,]+ to [\d,]+\), sampled {2}about \d+s to write {2}will not fit in one slice: will be split/,
    )
  })

  test('meets a heavy key behind others in a small table, and jumps over it to the end', async () => {
    const { fill, plan } = setUp()
    for (let i = 0; i < 6_000; i++) fill(`case|${i}`, 1)
    fill(heavy, 12_000)
    const { keys, sample } = await plan()
    expect(keys).toEqual([expect.objectContaining({ key: `S:${heavy}` })])
    expect(sample.complete).toBe(true)
    expect(sample.sums.items).toBeLessThan(10_000)
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
    expect(planPage(await plan({ split: false }, 5), view).join('\n')).toContain('resumed, slice after slice')
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
    await rememberHeavy(ledger, 'alpha', { pk: { S: 'grown' }, items: 3, run: 'run00000', seenAt: 0 })
    const { keys } = await plan()
    expect(keys).toEqual([
      expect.objectContaining({ key: 'S:grown', from: 'remembered', items: 40, exact: true, fits: true }),
    ])
  })

  test('takes pending migrations from the module it is given', async () => {
    const { plan, ledger, asked } = setUp()
    await writeApplied(ledger, { name: 'alpha' }, ['first'], 'run0')
    const migrations = [{ id: 'first' }, { id: 'second' }] as Migration[]
    expect((await plan({}, 900, migrations)).migrations).toEqual({ applied: ['first'], pending: ['second'] })
    expect(asked).toEqual([])
  })

  test('asks the deployment, whose code knows the migrations, and takes its sample', async () => {
    const { plan, asked, fill } = setUp()
    fill('case|1', 10)
    const sample: Sample = {
      pages: 4,
      sums: {
        ...noSums(0),
        items: 100,
        bytes: 50_000,
        outputs: 125,
        outputBytes: 60_000,
        writeUnits: 125,
        quarantined: 3,
      },
      migrated: true,
      complete: true,
      fullPages: [],
    }
    const made = await plan({ segments: 7 }, 900, undefined, undefined, {
      outcome: 'answered',
      pending: ['second'],
      sample,
    })
    expect(asked).toEqual([{ totalSegments: 7, jump: true }])
    expect(made.migrations).toEqual({ applied: [], pending: ['second'] })
    expect(made.sample).toBe(sample)
    const page = planPage(made, view).join('\n')
    expect(page).toContain('1.25 for each item, 600 bytes together, by the pending migrations')
    expect(page).toContain('3 of the 100 sampled items would be quarantined')
  })

  test('samples for itself where the deployment does not answer, and says why pending migrations are not known', async () => {
    const { plan, fill } = setUp()
    fill('case|1', 10)
    expect((await plan()).migrations).toEqual({
      applied: [],
      unknown: 'this deployment does not name its preflight function',
    })
    const made = await plan({}, 900, undefined, undefined, { outcome: 'unknown', reason: 'no permission' })
    expect(made.sample).toMatchObject({ migrated: false, sums: { items: 10, outputs: 10 } })
    const page = planPage(made, view).join('\n')
    expect(page).toContain('not known (no permission); name the module with --migrations')
    expect(page).toContain('assumed: one for each item')
  })

  test('would be refused where the deployed migrations do not load', async () => {
    const { plan } = setUp()
    const refused = { outcome: 'refused', error: 'migrations-module', cause: 'It does not load: no.' } as const
    const made = await plan({}, 900, undefined, undefined, refused)
    expect(made.refusal).toEqual({ code: 'migrations-module', message: 'It does not load: no.' })
    expect(exitCodeOfPlan(made)).toBe(2)
  })

  test('names the account and the region of the table it writes', async () => {
    const { plan } = setUp()
    const made = await plan()
    expect(made).toMatchObject({ account: '111122223333', region: 'eu-west-1' })
    expect(planPage(made, view)[0]).toBe('Account      111122223333, region eu-west-1')
  })

  test('says what its price leaves out', async () => {
    const { plan } = setUp()
    for (const offline of [true, false])
      expect(planPage(await plan({ offline }), view).find((line) => line.startsWith('  Not counted'))).toMatch(
        /the ledger, state transitions and Lambda requests/,
      )
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

describe('a plan of a destination on demand', () => {
  const onDemand = { mode: 'on-demand', warm: { readUnits: 12_000, writeUnits: 2_000 } } as const

  function forecasting(
    throughput: Throughput | undefined,
    by?: number,
    scaling?: PlanAnswer['scaling'],
    concurrency = 4,
  ) {
    const { world, state } = memoryWorld()
    state.itemCount = 8_640_000
    const engine: OperatorEngine = {
      ...world,
      deployment: { ...world.deployment, options: { concurrency } },
      describeTable: async (name) => ({
        ...(await world.describeTable(name)),
        ...(name === 'beta' && throughput && { throughput }),
      }),
      askPlan: async () => ({ outcome: 'answered', pending: [], sample: oneKb, ...(scaling && { scaling }) }),
    }
    return makePlan(parseRequest({ offline: true }), engine, undefined, by)
  }
  const oneKb: Sample = {
    pages: 1,
    sums: { ...noSums(0), items: 10, bytes: 9_000, outputs: 10, outputBytes: 9_000, writeUnits: 10, readUnits: 10 },
    migrated: true,
    complete: false,
    fullPages: [],
  }
  const pageOf = async (...of: Parameters<typeof forecasting>) => planPage(await forecasting(...of), view)

  test('says which table makes it wait, what all of it costs and how to warm it up', async () => {
    const page = await pageOf(onDemand)
    expect(page).toContain(
      '  Copy waits for beta, which takes 2,000 write units a second now; 51m 0s at least if it doubles every 30 minutes, as on-demand tables may.',
    )
    expect(page).toContainEqual(
      expect.stringMatching(
        /^Price {8}about \$6\.\d\d for the units and \$\d\.\d\d for Lambda, at prices of us-east-1 of 20\d\d-/,
      ),
    )
    expect(page).toContain(
      'To warm up   aws dynamodb update-table --table-name beta --warm-throughput WriteUnitsPerSecond=4000 --region eu-west-1',
    )
    expect(page.join('\n')).toContain('Copy then takes at least 36m 0s. Costs $1.30 once (assumed:')
  })

  test('says that a limit comes first, and leaves out a command that would change nothing', async () => {
    const limit = { writeUnits: 1_000 }
    const first = /First raise MaxWriteRequestUnits of beta from 1,000 to 4,000/
    const cold = (await pageOf({ ...onDemand, limit })).join('\n')
    expect(cold).toMatch(first)
    expect(cold).toContain('WriteUnitsPerSecond=4000')
    const warm = (await pageOf({ ...onDemand, warm: { readUnits: 12_000, writeUnits: 9_000 }, limit })).join('\n')
    expect(warm).toMatch(first)
    expect(warm).not.toContain('--warm-throughput')
    expect(warm).not.toContain('$0.00 once')
  })

  test('says that more than the quota of a table has to be asked for', async () => {
    expect((await pageOf(onDemand)).join('\n')).not.toContain('quota')
    expect((await pageOf(onDemand, undefined, undefined, 50)).join('\n')).toContain(
      'A table may have 40,000 write units a second unless AWS has raised that quota',
    )
  })

  test('says how to take back what is provisioned for a copy', async () => {
    const page = await pageOf({ mode: 'provisioned', limit: { readUnits: 12_000, writeUnits: 1_000 } })
    expect(page.join('\n')).toMatch(/After Copy take it back.*WriteCapacityUnits=1000 /)
    expect(page.join('\n')).toContain('If auto scaling is on')
  })

  test('says that what it takes is not known where nobody says so, and advises nothing', async () => {
    for (const unknown of [undefined, { mode: 'on-demand' } as const]) {
      const page = await pageOf(unknown)
      expect(page.join('\n')).toContain('How many write units beta takes a second is not known.')
      expect(page.join('\n')).not.toContain('To warm up')
    }
  })

  test('says of a provisioned one whether auto scaling raises it', async () => {
    const provisioned = { mode: 'provisioned', limit: { readUnits: 12_000, writeUnits: 1_000 } } as const
    const waits = '  Copy waits for beta, which takes 1,000 write units a second (provisioned'
    expect(await pageOf(provisioned)).toContain(`${waits}; whether auto scaling raises it is not known).`)
    expect(await pageOf(provisioned, undefined, { source: {}, destination: { writeUnits: 2_000 } })).toContain(
      `${waits}); 1h 12m at least with all that auto scaling may raise it to, by minutes.`,
    )
  })

  test('says what it costs to be done by an hour, that it is anyway, or that it cannot be', async () => {
    const { forecast } = await forecasting(onDemand)
    const inSeconds = (seconds: number) => start + seconds * 1_000
    const least = forecast.total.seconds - 4_320 + 2_160
    expect((await pageOf(onDemand, inSeconds(forecast.total.seconds + 180))).join('\n')).toMatch(
      /To be done by 2026-11-21T\d\d:\d\d:\d\dZ: nothing to do, if it starts now\./,
    )
    const warm = (await pageOf(onDemand, inSeconds(least + 800))).join('\n')
    expect(warm).toContain('warm the destination up first: $0.65 once')
    expect(warm).toContain('WriteUnitsPerSecond=3000')
    expect(warm).not.toContain('To warm up')
    expect((await pageOf(onDemand, inSeconds(least - 60))).join('\n')).toContain(
      'not possible with 4 slices at work, which take',
    )
  })
})

const nothingRead: Sample = { pages: 0, sums: noSums(0), migrated: true, complete: true, fullPages: [] }

describe('a plan of a run that would be refused', () => {
  test('says so where the deployment reads no stream, or one that the table has no more', async () => {
    const { plan } = setUp()
    expect((await plan({}, 900, undefined, '')).refusal?.code).toBe('no-stream')
    expect((await plan({}, 900, undefined, 'arn:stream:before')).refusal?.code).toBe('stream-changed')
    expect((await plan({ offline: true }, 900, undefined, '')).refusal).toBeUndefined()
  })

  test('says so where time to live is on at the destination, and says where that was not asked', async () => {
    const { plan } = setUp()
    const answer = (timeToLive?: PlanAnswer['timeToLive']): PlanAnswer => ({
      ...{ outcome: 'answered', pending: [], sample: nothingRead },
      ...(timeToLive && { timeToLive }),
    })
    const on = await plan({}, 900, undefined, undefined, answer({ on: true, attribute: 'expires' }))
    expect(on.refusal?.code).toBe('time-to-live-on')
    expect(exitCodeOfPlan(on)).toBe(2)
    const notAsked = /Not asked: whether time to live is on at beta/
    for (const known of [{ on: false }, { unanswered: 'denied', action: 'DescribeTimeToLive' }]) {
      const off = await plan({}, 900, undefined, undefined, answer(known))
      expect(off.refusal).toBeUndefined()
      expect(planPage(off, view).join('\n')).not.toMatch(notAsked)
    }
    const unasked = await plan({}, 900, undefined, undefined, answer())
    expect(planPage(unasked, view).at(-2)).toMatch(notAsked)
  })

  test('uses no more slices than the run would, or are deployed', async () => {
    const { plan } = setUp()
    expect((await plan({ concurrency: 2 })).atWork).toBe(2)
    expect((await plan({ concurrency: 1_000, segments: 500 })).atWork).toBe(40)
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
    await store(ledger, aRun({ state: 'finished' }), [], { held: false })
    expect((await plan({ resume: true })).refusal?.code).toBe('nothing-to-resume')
  })

  test('tells what is left of a run that can be resumed', async () => {
    const { plan, ledger, state, tables, fill } = setUp()
    fill(heavy, 3_000)
    tables.beta.store({ pk: { S: 'a' }, sk: { S: 'b' } })
    state.itemCount = 3_000
    await store(ledger, aRun(), [aSegment(0, 1_000, { state: 'done' }), aSegment(1, 500)], { held: false })
    await updateRun(ledger, 'run00001', (run) => ({ ...run, state: 'stopped', because: 'halted' }))
    const made = await plan({ resume: true })
    expect(made.refusal).toBeUndefined()
    expect(made.resumed).toEqual({ run: 'run00001', read: 1_500, open: 1, failed: 0 })
    expect(written(made)).toBe(1_500)
  })
})

describe('an estimate of the items', () => {
  test('does not trust a count that the sample alone has passed', () => {
    const sample: Sample = {
      pages: 4,
      sums: { ...noSums(0), items: 100 },
      migrated: false,
      complete: false,
      fullPages: [],
    }
    expect(estimateItems(1_000, sample)).toEqual({ items: 1_000, basis: 'reported' })
    expect(estimateItems(0, sample)).toEqual({ items: 100, basis: 'at-least' })
  })
})
