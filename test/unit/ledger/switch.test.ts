import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createSwitch, fateOf, mayWriteInto, readSwitch, sealSwitch, takeStep } from '../../../shared/ledger/switch.ts'
import type { Switch } from '../../../shared/ledger/switch-row.ts'
import { afterStep, closingMs, type Step, switchSteps, whyNot } from '../../../shared/ledger/switch-steps.ts'
import { memoryLedgerTable } from '../../memory/ledger-table.ts'

const tables = ['alpha', 'beta'] as const
const open: Switch = {
  generation: 5,
  tables: ['alpha', 'beta'],
  table: 'alpha',
  mode: 'open',
  maxAgeSeconds: 10,
  writeSeconds: 20,
  switchedAt: 0,
}
const closed: Switch = { ...open, mode: 'closed', task: 'cutover', run: 'run00001', closedAt: 1_000 }
const sealed: Switch = { ...closed, until: 100_000 }

describe('a step of the switch', () => {
  test.each<[Switch, Step, string]>([
    [closed, { step: 'close', at: 0, task: 'cutover', run: 'r' }, 'it is closed'],
    [open, { step: 'undo', at: 0 }, 'it is open'],
    [open, { step: 'commit', at: 0 }, 'it is open'],
    [open, { step: 'seal', at: 0, until: 40_000 }, 'it is open'],
    [
      closed,
      { step: 'seal', at: 10_000, until: 44_999 },
      'writes that follow it may land after 1970-01-01T00:00:44.999Z',
    ],
    [sealed, { step: 'seal', at: 10_000, until: 99_999 }, 'its end only moves to a later time'],
    [closed, { step: 'commit', at: 200_000 }, 'it is not sealed'],
    [sealed, { step: 'commit', at: 100_000 }, 'writes that follow it may land until 1970-01-01T00:01:40.000Z'],
    [
      { ...sealed, aliasUntil: 200_000 },
      { step: 'hold aliases', at: 200_000, aliasUntil: 300_000 },
      'an earlier request may move aliases until 1970-01-01T00:03:20.000Z',
    ],
    [
      { ...open, aliasUntil: 200_000 },
      { step: 'release aliases', at: 200_000 },
      'an earlier request may move aliases until 1970-01-01T00:03:20.000Z',
    ],
    [sealed, { step: 'release aliases', at: 200_000 }, 'it is closed'],
  ])('from %o: %j is refused, because %s', async (row, step, reason) => {
    expect(whyNot(row, step)).toBe(reason)
    await expect(takeStep(memoryLedgerTable(), row, step)).rejects.toMatchObject({
      code: 'illegal-transition',
      message: `The switch cannot ${step.step}: ${reason}.`,
    })
  })

  const at = fc.nat(1_000_000)
  const anyStep = fc.oneof(
    fc.record({
      step: fc.constant('close' as const),
      at,
      task: fc.constantFrom('cutover', 'rollback'),
      run: fc.string(),
    }),
    fc.record({ step: fc.constant('seal' as const), at, until: at }),
    fc.record({ step: fc.constant('hold aliases' as const), at, aliasUntil: at }),
    fc.record({ step: fc.constantFrom('release aliases' as const, 'commit' as const, 'undo' as const), at }),
  ) as fc.Arbitrary<Step>

  test('leads where its table says, raises the generation, and changes the active table by a commit alone', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 60 }), (steps) => {
        let row = open
        for (const step of steps) {
          if (whyNot(row, step)) continue
          const next = afterStep(row, step)
          expect(switchSteps.map(([name, from, to]) => [name, from, to])).toContainEqual([
            step.step,
            row.mode,
            next.mode,
          ])
          expect(next.generation).toBe(row.generation + 1)
          expect(next.table === row.table).toBe(step.step !== 'commit')
          // What an older reader trusts stays true.
          expect([next.maxAgeSeconds, next.writeSeconds]).toEqual([10, 20])
          if (next.mode === 'open') expect(next).not.toHaveProperty('until')
          row = next
        }
      }),
    )
  })

  test('commits no earlier than writes that follow the switch can land, counted from the seal', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 60 }), (steps) => {
        let row = open
        let sealedAt = Number.POSITIVE_INFINITY
        for (const step of steps) {
          if (whyNot(row, step)) continue
          if (step.step === 'seal') sealedAt = Math.min(sealedAt, step.at)
          if (step.step === 'close') sealedAt = Number.POSITIVE_INFINITY
          if (step.step === 'commit') expect(step.at).toBeGreaterThan(sealedAt + closingMs(row))
          row = afterStep(row, step)
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('sealing the switch', () => {
  /** A closed switch in a table where each put takes so long, ms. */
  async function setUp(...putsTakeMs: number[]) {
    const memory = memoryLedgerTable()
    let now = 1_000
    await createSwitch(memory, tables, open, 0)
    const row = (await takeStep(memory, (await readSwitch(memory, tables))!, {
      step: 'close',
      at: now,
      task: 'cutover',
      run: 'r',
    })) as Switch
    const switches = {
      ...memory,
      get: memory.get.bind(memory),
      query: memory.query.bind(memory),
      async commit(puts: Parameters<typeof memory.commit>[0]) {
        now += putsTakeMs.shift() ?? 0
        return memory.commit(puts)
      },
    }
    return { switches, row, clock: () => now, pass: (ms: number) => (now += ms) }
  }

  test('counts from now, not from when it was closed: that may have landed late', async () => {
    const { switches, row, clock, pass } = await setUp()
    pass(60_000)
    expect(await sealSwitch(switches, row, clock)).toMatchObject({ until: 61_000 + 35_000 })
  })

  test('takes a later time if DynamoDB took so long that live changes may hear of it too late', async () => {
    const { switches, row, clock } = await setUp(25_001)
    expect(await sealSwitch(switches, row, clock)).toMatchObject({ until: 26_001 + 35_000, generation: 4 })
  })

  test('is done if it was sealed, and in time', async () => {
    const { switches, row, clock, pass } = await setUp()
    const first = (await sealSwitch(switches, row, clock)) as Switch
    pass(25_000)
    expect(await sealSwitch(switches, first, clock)).toBe(first)
    pass(1)
    expect(await sealSwitch(switches, first, clock)).toMatchObject({ until: 26_001 + 35_000 })
  })

  test('ends where each put takes too long', async () => {
    const { switches, row, clock } = await setUp(...Array.from({ length: 20 }, () => 60_000))
    await expect(sealSwitch(switches, row, clock)).rejects.toMatchObject({ code: 'lost-race', retryable: true })
  })

  test('loses to whoever changed the switch meanwhile', async () => {
    const { switches, row, clock } = await setUp()
    await takeStep(switches, row, { step: 'undo', at: 2_000 })
    expect(await sealSwitch(switches, row, clock)).toBeUndefined()
  })

  test('waits ten seconds and the slack, however little an application may take', () => {
    expect(closingMs({ maxAgeSeconds: 0.5, writeSeconds: 1 })).toBe(15_000)
  })
})

describe('what becomes of a change of the source', () => {
  const switched: Switch = { ...open, table: 'beta', appliedUntil: 100_000 }
  const cases: [string, Switch, number, string][] = [
    ['while the switch is open at the source', open, 999, 'apply'],
    ['once it is closed, before it is known which change is the last', closed, 999_999, 'apply'],
    ['once it is sealed: up to the last', sealed, 100_000, 'apply'],
    ['once it is sealed: later', sealed, 100_001, 'hold'],
    ['after the commit, if it had been applied before', switched, 100_000, 'applied'],
    ['after the commit, later', switched, 100_001, 'list'],
    ['while a rollback is under way', { ...switched, mode: 'closed', until: 300_000 }, 200_000, 'list'],
    ['where nothing was ever cut over', { ...open, table: 'beta' }, 1, 'list'],
    ['in a mode of a later version', { ...sealed, mode: 'frozen' as 'closed' }, 100_001, 'hold'],
  ]
  test.each(cases)('%s', (_, row, at, fate) => {
    expect(fateOf(row, 'beta', at)).toBe(fate)
  })
})

test('nobody of Segue begins a write into the active table, nor while the tables are being switched', () => {
  expect(mayWriteInto(open, 'beta')).toBe(true)
  expect(mayWriteInto(open, 'alpha')).toBe(false)
  expect(mayWriteInto(closed, 'beta')).toBe(false)
})
