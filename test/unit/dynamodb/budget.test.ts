import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Budget } from '../../../shared/dynamodb/budget.ts'
import { DynamoDbError } from '../../../shared/dynamodb/errors.ts'
import { Meter, spending } from '../../../shared/dynamodb/meter.ts'
import type { Ask } from '../../../shared/runtime/retry.ts'
import { virtualTime } from '../virtual-time.ts'

/** A budget at a time that the test sets. */
function budgetOf(share: number) {
  const time = { now: 0 }
  return { budget: new Budget(() => time.now, share), time }
}

/** Units taken in so many seconds by calls that cost so much, one after another. */
function takenIn(seconds: number, cost: number, { budget, time }: ReturnType<typeof budgetOf>): number {
  let taken = 0
  for (const until = time.now + seconds * 1000; time.now < until; ) {
    const ms = budget.take(cost)
    if (ms === 0) taken += cost
    time.now += Math.min(ms, 1_000)
  }
  return taken
}

describe('A budget', () => {
  it('lets everything pass without a limit', () => {
    const { budget } = budgetOf(Number.POSITIVE_INFINITY)
    budget.throttled()
    expect([budget.take(1e9), budget.take(1e9), budget.rate]).toEqual([0, 0, Number.POSITIVE_INFINITY])
  })

  it('lends nothing: a call waits until all of its units have come in', () => {
    const { budget, time } = budgetOf(10)
    expect(budget.take(50)).toBe(5_000)
    time.now = 4_999
    expect(budget.take(50)).toBeGreaterThan(0)
    time.now = 5_000
    expect(budget.take(50)).toBe(0)
    expect(budget.take(1)).toBeCloseTo(100, -1)
  })

  it('saves up no more than a second', () => {
    const at = budgetOf(10)
    at.time.now = 3_600_000
    expect(at.budget.take(10)).toBe(0)
    expect(at.budget.take(10)).toBe(1_000)
  })

  it('makes up for what a call took beyond its price, and gives back what it did not take', () => {
    const { budget, time } = budgetOf(10)
    time.now = 1_000
    expect(budget.take(1)).toBe(0)
    budget.correct(1, 31)
    expect(budget.take(10)).toBe(3_100)
    budget.correct(30, 0)
    expect(budget.take(9)).toBe(0)
  })

  it('takes its share where the call that waits gave up', () => {
    const at = budgetOf(10)
    at.budget.take(1_000)
    expect(takenIn(60, 5, at)).toBeGreaterThan(560)
  })

  it('holds a smaller share at once, and climbs to a greater one by 5 % a second', () => {
    const { budget, time } = budgetOf(100)
    budget.allow(10)
    expect(budget.rate).toBe(10)
    budget.allow(100)
    time.now += 1_000
    expect(budget.rate).toBeCloseTo(15)
    time.now += 9_000
    expect(budget.rate).toBeCloseTo(60)
    time.now += 60_000
    expect(budget.rate).toBe(100)
    budget.allow(Number.POSITIVE_INFINITY)
    expect(budget.take(1e9)).toBe(0)
    budget.allow(10)
    expect(budget.take(1)).toBe(100)
  })

  it('is halved once a second at most while a table throttles, and then climbs again', () => {
    const { budget, time } = budgetOf(100)
    for (let i = 0; i < 10; i++) budget.throttled()
    expect(budget.rate).toBe(50)
    for (let i = 0; i < 600; i++) {
      time.now += 100
      budget.throttled()
    }
    expect(budget.rate).toBeGreaterThanOrEqual(100 / 32)
    expect(budget.rate).toBeLessThan(20)
    time.now += 30_000
    expect(budget.rate).toBe(100)
  })

  it('takes at most 66 seconds of its share in any minute, and at least 48 of it, whatever calls of 3 seconds cost', () => {
    const steps = fc.array(fc.record({ cost: fc.double({ min: 0.01, max: 3, noNaN: true }), idleMs: fc.nat(400) }), {
      minLength: 200,
      maxLength: 400,
    })
    fc.assert(
      fc.property(fc.double({ min: 0.5, max: 4_000, noNaN: true }), steps, (share, calls) => {
        const { budget, time } = budgetOf(share)
        const taken: { at: number; units: number }[] = []
        for (const { cost, idleMs } of calls) {
          for (let ms = budget.take(cost * share); ms > 0; ms = budget.take(cost * share))
            time.now += Math.min(ms, 1_000)
          taken.push({ at: time.now, units: cost })
          time.now += cost > 1 ? idleMs : 0
        }
        const inMinute = taken.map(({ at }) => sum(taken.filter((each) => each.at >= at && each.at < at + 60_000)))
        expect(Math.max(...inMinute)).toBeLessThanOrEqual(66)
        const last = taken.at(-1)!.at - 60_000
        for (const [i, { at }] of taken.entries()) if (at <= last) expect(inMinute[i]).toBeGreaterThanOrEqual(48)
      }),
      { numRuns: 50 },
    )
  })
})

const sum = (calls: { units: number }[]) => calls.reduce((total, { units }) => total + units, 0)

/** A meter in virtual time, and when each call was allowed. */
function metered(share: number, ask = async () => {}) {
  const time = virtualTime()
  const budgets = { read: new Budget(time.clock, share), write: new Budget(time.clock, share) }
  const waited: { kind: string; ms: number }[] = []
  const meter = new Meter({ ...time, budgets, ask, waits: (kind, ms) => waited.push({ kind, ms }) })
  const asking: Ask = Object.assign(async () => {}, { spend: meter.spend.bind(meter) })
  return { ...time, meter, budgets, waited, ask: asking }
}

describe('Calls within a budget', () => {
  it('take their turn: a large one is not starved by small ones', async () => {
    const m = metered(10)
    const began: number[] = []
    const spend = async (units: number) => {
      await m.meter.spend('write', units)
      began.push(units, m.clock())
    }
    await m.during(Promise.all([spend(1), spend(50), ...Array.from({ length: 20 }, () => spend(1))]))
    expect(began.slice(0, 4)).toEqual([1, 100, 50, 5_100])
    expect(m.clock()).toBe(7_100)
    expect(m.meter.taken).toEqual({ read: 0, write: 71 })
  })

  it('ask for a reason to stop before each second of a wait, and pay nothing if there is one', async () => {
    let asked = 0
    const m = metered(1, async () => {
      if (++asked > 3) throw new Error('stopped')
    })
    const spends = Promise.allSettled([m.meter.spend('read', 100), m.meter.spend('read', 1), m.meter.spend('read', 1)])
    const results = await m.during(spends)
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    expect([m.clock(), asked, m.meter.taken.read]).toEqual([3_000, 6, 0])
    expect(m.waited).toEqual([1, 1, 1].map(() => ({ kind: 'read', ms: 1_000 })))
  })

  it('are corrected by what the service reports, and take nothing where it refused them', async () => {
    const m = metered(10)
    const call = (took: number | undefined) =>
      spending(
        m.ask,
        'write',
        () => 5,
        async (report) => report(took),
      )
    await m.during(call(20))
    await m.during(call(undefined))
    expect(m.meter.taken.write).toBe(25)
    const refused = spending(
      m.ask,
      'write',
      () => 5,
      () => Promise.reject(new DynamoDbError('throttled', 'as told')),
    )
    await m.during(refused.catch(() => {}))
    expect(m.meter.taken.write).toBe(25)
    const lost = spending(
      m.ask,
      'write',
      () => 5,
      () => Promise.reject(new DynamoDbError('unavailable', 'as told')),
    )
    await m.during(lost.catch(() => {}))
    expect(m.meter.taken.write).toBe(30)
  })
})
