import { DynamoDB } from '@aws-sdk/client-dynamodb'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { follow, type SwitchClient, type SwitchOptions } from '../../../switch/follow.ts'
import type { Time } from '../../../switch/time.ts'

const row = { table: 'alpha', mode: 'open', maxAgeSeconds: 10, writeSeconds: 20, generation: 3 }
type Row = Partial<Record<keyof typeof row, string | number>>

/** A switch that is followed in a process whose clocks are set by hand. */
function setUp(stored: Row | undefined = row, invocation: () => string | undefined = () => undefined) {
  const state = { now: { wall: 1_000_000, monotonic: 5_000 }, row: stored as Row | undefined, reads: 0, invocation }
  const timers = new Set<{ at: number; act: () => void }>()
  const time: Time = {
    now: () => state.now,
    after(ms, act) {
      const timer = { at: state.now.monotonic + ms, act }
      timers.add(timer)
      return () => timers.delete(timer)
    },
  }
  /** What happens while the row is read. */
  const meanwhile: (() => void | Promise<void>)[] = []
  const inputs: unknown[] = []
  const client: SwitchClient = {
    async getItem(input) {
      inputs.push(input)
      state.reads++
      await meanwhile.shift()?.()
      return { Item: state.row && attributes(state.row) }
    },
  }
  const options: SwitchOptions = { client, switchTable: 'Switches', tables: ['beta', 'alpha'] }
  const followed = follow(options, time, () => state.invocation())
  /** Both clocks, unless it says which. */
  function pass(ms: number, clocks: ('wall' | 'monotonic')[] = ['wall', 'monotonic']): void {
    const { wall, monotonic } = state.now
    state.now = {
      wall: wall + (clocks.includes('wall') ? ms : 0),
      monotonic: monotonic + (clocks.includes('monotonic') ? ms : 0),
    }
    for (const timer of [...timers].filter(({ at }) => at <= state.now.monotonic)) {
      timers.delete(timer)
      timer.act()
    }
  }
  return { ...followed, state, pass, meanwhile, inputs, timers }
}

function attributes(row: Row) {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === 'number' ? { N: `${value}` } : { S: value }]),
  )
}

const where = ({ table }: { table: string }) => Promise.resolve(table)

describe('an application that follows the switch', () => {
  test('writes into the active table', async () => {
    const { write, active, inputs } = setUp()
    expect(await write(where)).toBe('alpha')
    expect(await active()).toEqual({ table: 'alpha', isOpen: true })
    expect(inputs).toEqual([
      {
        TableName: 'Switches',
        Key: { pk: { S: 'SWITCH#alpha/beta' }, sk: { S: 'SWITCH' } },
        ConsistentRead: true,
      },
    ])
  })

  test('takes a client of the SDK as it is', () => {
    const client: SwitchClient = new DynamoDB({})
    expect(client).toBeDefined()
  })

  test('reads the row again once its copy is old, and no sooner', async () => {
    const { write, state, pass } = setUp()
    await write(where)
    pass(9_999)
    await write(where)
    expect(state.reads).toBe(1)
    pass(1)
    state.row = { ...row, table: 'beta' }
    expect(await write(where)).toBe('beta')
    expect(state.reads).toBe(2)
  })

  test('reads it once for many writes that begin together', async () => {
    const { write, state } = setUp()
    expect(await Promise.all([write(where), write(where), write(where)])).toEqual(['alpha', 'alpha', 'alpha'])
    expect(state.reads).toBe(1)
  })

  test.each([
    ['the monotonic clock stands still while the process is frozen', ['wall']],
    ['the wall clock is set back by as much as passes', ['monotonic']],
  ] as const)('reads it again where %s', async (_, clocks) => {
    const { write, state, pass } = setUp()
    await write(where)
    pass(10_000, [...clocks])
    state.row = { ...row, table: 'beta' }
    expect(await write(where)).toBe('beta')
  })

  test('reads it again after the wall clock was set back', async () => {
    const { write, state, pass } = setUp()
    await write(where)
    pass(-1, ['wall'])
    await write(where)
    expect(state.reads).toBe(2)
  })

  test('counts from before the read: a row that took too long to read is old already', async () => {
    const { write, state, pass, meanwhile } = setUp()
    meanwhile.push(
      () => pass(9_999, ['wall']),
      () => pass(10_000, ['wall']),
    )
    await write(where)
    expect(state.reads).toBe(1)
    pass(1)
    await write(where)
    expect(state.reads).toBe(3)
  })

  test('learns soon that the switch is open again', async () => {
    const { write, state, pass } = setUp({ ...row, mode: 'closed' })
    await expect(write(where)).rejects.toMatchObject({ code: 'switch-closed' })
    state.row = { ...row, table: 'beta' }
    await expect(write(where)).rejects.toMatchObject({ code: 'switch-closed' })
    pass(1_000)
    expect(await write(where)).toBe('beta')
  })
})

describe('a write', () => {
  test.each([['closed'], ['a word of a later version']])('does not begin while the switch is %s', async (mode) => {
    const { write, active } = setUp({ ...row, mode })
    const written: string[] = []
    await expect(write(async ({ table }) => written.push(table))).rejects.toMatchObject({
      name: 'SwitchError',
      code: 'switch-closed',
      retryable: true,
    })
    expect(written).toEqual([])
    expect(await active()).toEqual({ table: 'alpha', isOpen: false })
  })

  test('that takes too long is aborted, and fails at once', async () => {
    const { write, pass } = setUp()
    const begun = Promise.withResolvers<AbortSignal>()
    const result = write(({ signal }) => {
      begun.resolve(signal)
      return new Promise(() => {})
    })
    const signal = await begun.promise
    pass(19_999)
    expect(signal.aborted).toBe(false)
    pass(1)
    expect(signal.aborted).toBe(true)
    await expect(result).rejects.toMatchObject({ code: 'write-abandoned', message: expect.stringContaining('alpha') })
  })

  test('that the signal ends fails as abandoned, not by the error of the client', async () => {
    const { write, pass } = setUp()
    const result = write(({ signal }) => {
      queueMicrotask(() => pass(20_000))
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))))
    })
    await expect(result).rejects.toMatchObject({ code: 'write-abandoned' })
  })

  test.each([
    ['the wall clock', 'wall'],
    ['the monotonic clock', 'monotonic'],
  ] as const)('that ends well, but too late by %s, does not count', async (_, clock) => {
    const { write, state } = setUp()
    const result = write(async () => {
      // Its timer has not been called: the process stood still.
      state.now = { ...state.now, [clock]: state.now[clock] + 20_000 }
    })
    await expect(result).rejects.toMatchObject({ code: 'write-abandoned' })
  })

  test('fails by its own error', async () => {
    const { write, timers } = setUp()
    await expect(write(() => Promise.reject(new RangeError('its own')))).rejects.toThrow(RangeError)
    expect(timers.size).toBe(0)
  })

  test('leaves no timer behind', async () => {
    const { write, timers } = setUp()
    await write(where)
    expect(timers.size).toBe(0)
  })
})

describe('a switch that cannot be followed', () => {
  test('is one that cannot be read: it says which, and keeps the cause', async () => {
    const { write, meanwhile } = setUp()
    const cause = new Error('not authorized')
    meanwhile.push(() => Promise.reject(cause))
    await expect(write(where)).rejects.toMatchObject({
      code: 'switch-unreadable',
      message: 'The row SWITCH#alpha/beta of the table Switches could not be read: not authorized',
      cause,
    })
    expect(await write(where)).toBe('alpha')
  })

  test('is one whose read does not end', async () => {
    const { write, pass, meanwhile } = setUp()
    meanwhile.push(() => {
      queueMicrotask(() => pass(10_000))
      return new Promise(() => {})
    })
    await expect(write(where)).rejects.toMatchObject({ code: 'switch-unreadable' })
    expect(await write(where)).toBe('alpha')
  })

  test('is one that does not exist: the source is not assumed', async () => {
    const { write, state } = setUp()
    state.row = undefined
    await expect(write(where)).rejects.toMatchObject({ code: 'switch-not-found', retryable: false })
  })

  test('is one that names a table that the application was not told of', async () => {
    const { write } = setUp({ ...row, table: 'gamma' })
    await expect(write(where)).rejects.toMatchObject({
      code: 'switch-unknown-table',
      message: expect.stringContaining('names gamma, not beta or alpha'),
    })
  })

  test.each([[{ maxAgeSeconds: 0 }], [{ writeSeconds: 'twenty' }], [{ table: 7 }], [{ maxAgeSeconds: Number.NaN }]])(
    'is one whose row has %j',
    async (change) => {
      const { write } = setUp({ ...row, ...change })
      await expect(write(where)).rejects.toMatchObject({ code: 'switch-unreadable' })
    },
  )

  test('is one of another invocation', async () => {
    const { write, active, state } = setUp(row, () => 'first')
    await write(where)
    state.invocation = () => 'second'
    await expect(write(where)).rejects.toMatchObject({ code: 'switch-outlived' })
    await expect(active()).rejects.toMatchObject({ code: 'switch-outlived' })
  })
})

/**
 * Any sequence of changes of the row, of time that the clocks of the process show in part, and of writes. One clock is right
 * all along: the other one stands still, or jumps.
 */
const story = fc.record({
  right: fc.constantFrom('wall', 'monotonic', 'both'),
  steps: fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 15_000 }), jump: jumps() }),
      fc.record({ kind: fc.constant('set' as const), mode: fc.constantFrom('open', 'closed'), table: tables() }),
      fc.record({ kind: fc.constant('write' as const), slowMs: fc.integer({ min: 0, max: 12_000 }) }),
    ),
    { maxLength: 30 },
  ),
})

function jumps() {
  return fc.integer({ min: -20_000, max: 20_000 })
}

function tables() {
  return fc.constantFrom('alpha', 'beta')
}

/** Whether each write of a story begins on what was in force at a moment of the last ten seconds. `seen`: as the helper is told the time. */
async function begins(
  { right, steps }: typeof story extends fc.Arbitrary<infer T> ? T : never,
  seen: (now: Time['now']) => Time['now'] = (now) => now,
): Promise<boolean> {
  let trueNow = 0
  let now = { wall: 1_000_000_000, monotonic: 1_000_000 }
  const past = [{ from: 0, mode: 'open', table: 'alpha' }]
  const pass = (ms: number, jump: number) => {
    trueNow += ms
    now = {
      wall: now.wall + (right === 'monotonic' ? jump : ms),
      // It never goes back.
      monotonic: now.monotonic + (right === 'wall' ? Math.max(0, Math.min(ms, jump)) : ms),
    }
  }
  const time: Time = { now: seen(() => now), after: () => () => {} }
  let slow = 0
  const client: SwitchClient = {
    async getItem() {
      // The row is as it was at some moment while it was read: here at its beginning.
      const { mode, table } = past.at(-1)!
      pass(slow, slow)
      return { Item: attributes({ ...row, mode, table }) }
    },
  }
  const { write } = follow({ client, switchTable: 'S', tables: ['alpha', 'beta'] }, time, () => undefined)
  let good = true
  for (const step of steps) {
    if (step.kind === 'pass') pass(step.ms, step.jump)
    if (step.kind === 'set') past.push({ from: trueNow, mode: step.mode, table: step.table })
    if (step.kind !== 'write') continue
    slow = step.slowMs
    await write(async ({ table }) => {
      const inForce = past.filter((_, i) => (past[i + 1]?.from ?? Number.POSITIVE_INFINITY) > trueNow - 10_000)
      good &&= inForce.some((each) => each.mode === 'open' && each.table === table)
    }).catch(() => {})
  }
  return good
}

describe('under clocks that stand still or jump', () => {
  test('a write begins only if the switch was open at its table within the last ten seconds', async () => {
    await fc.assert(
      fc.asyncProperty(story, (each) => begins(each)),
      { numRuns: 2_000 },
    )
  })

  test.each(['wall', 'monotonic'] as const)('the %s clock alone would not do', async (only) => {
    const seen = (now: Time['now']) => () => ({ wall: 0, monotonic: 0, [only]: now()[only] })
    const { failed } = await fc.check(
      fc.asyncProperty(story, (each) => begins(each, seen)),
      { numRuns: 2_000 },
    )
    expect(failed).toBe(true)
  })
})
