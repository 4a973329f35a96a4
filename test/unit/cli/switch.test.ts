import { describe, expect, test } from 'vitest'
import { readSwitch, takeStep } from '../../../shared/ledger/switch.ts'
import type { Switch } from '../../../shared/ledger/switch-row.ts'
import type { Step } from '../../../shared/ledger/switch-steps.ts'
import { start } from './fixtures.ts'
import { setUp } from './set-up.ts'

const tables = ['alpha', 'beta'] as const

/** A deployment whose switch has taken these steps since it was made. */
async function switched(...steps: Step[]) {
  const world = setUp()
  await world.segue('switch', 'create', '--yes')
  world.lines.length = 0
  for (const step of steps)
    await takeStep(world.world.switches!, (await readSwitch(world.world.switches!, tables)) as Switch, step)
  return world
}

const now = start + 60_000
const close: Step = { step: 'close', at: now, task: 'cutover', run: 'run00001', by: 'arn:alice', why: 'the release' }
const seal: Step = { step: 'seal', at: now, until: now + 35_000 }

describe('segue switch create', () => {
  test('makes the switch, open at the source', async () => {
    const { segue, lines, world } = setUp()
    expect(await segue('switch', 'create', '--yes')).toBe(0)
    expect(await readSwitch(world.switches!, tables)).toMatchObject({ table: 'alpha', mode: 'open', generation: 1 })
    expect(lines).toEqual([
      'Makes the switch of alpha and beta, in stack Night (account 000000000000, region us-east-1)',
      'Applications that follow it use alpha. Others notice nothing.',
      'No command moves it to the other table yet, so do not let production follow it.',
      'They trust what they read for 10 seconds, and one write takes 20 seconds at most. That cannot be changed afterwards.',
      'Switch       alpha and beta, in stack Night (account 000000000000, region us-east-1)',
      'Active       alpha, since 2026-11-21T01:01:00.000Z (0s)',
      'State        open: applications may write alpha',
      'Applications trust what they read for 10 s; one write takes 20 s at most',
      'Generation   1: every change raises it',
    ])
  })

  test('changes nothing where it is made already', async () => {
    const { segue, lines, world } = await switched(close)
    expect(await segue('switch', 'create', '--yes', '--max-age', '1')).toBe(0)
    expect(lines[0]).toBe('It is there already.')
    expect(lines).toContain('State        closed for 0s: applications write nothing')
    expect(await readSwitch(world.switches!, tables)).toMatchObject({ generation: 2, maxAgeSeconds: 10 })
  })

  test('opens it at the table that applications use already', async () => {
    const { segue, lines, world } = setUp()
    expect(await segue('switch', 'create', '--yes', '--active', 'beta')).toBe(0)
    expect(await readSwitch(world.switches!, tables)).toMatchObject({ table: 'beta', mode: 'open', generation: 1 })
    expect(lines).toContain('Applications that follow it use beta. Others notice nothing.')
  })

  test('ends with 2 where it is there, and open at another table than was asked for', async () => {
    const { segue, world } = await switched()
    expect(await segue('switch', 'create', '--yes', '--active', 'beta')).toBe(2)
    expect(await segue('switch', 'create', '--yes', '--active', 'alpha')).toBe(0)
    expect(await readSwitch(world.switches!, tables)).toMatchObject({ table: 'alpha', generation: 1 })
  })

  test('refuses a table that is not of the deployment', async () => {
    const { segue, errors, world } = setUp()
    expect(await segue('switch', 'create', '--yes', '--active', 'gamma')).toBe(2)
    expect(errors.join()).toContain('`--active` is alpha or beta')
    expect(await readSwitch(world.switches!, tables)).toBeUndefined()
  })

  test('takes both numbers of seconds, for good', async () => {
    const { segue, lines } = setUp()
    expect(await segue('switch', 'create', '--yes', '--json', '--max-age', '5', '--write-seconds', '9')).toBe(0)
    expect(JSON.parse(lines[0] as string)).toMatchObject({
      switch: { maxAgeSeconds: 5, writeSeconds: 9 },
      isNew: true,
    })
  })

  test.each([['0'], ['301'], ['1.5'], ['ten']])('refuses %s seconds', async (text) => {
    const { segue, errors, world } = setUp()
    expect(await segue('switch', 'create', '--yes', '--write-seconds', text)).toBe(2)
    expect(errors.join()).toContain('Expected a whole number of seconds from 1 to 300.')
    expect(await readSwitch(world.switches!, tables)).toBeUndefined()
  })

  test('with --dry-run makes none', async () => {
    const { segue, lines, world } = setUp()
    expect(await segue('switch', 'create', '--dry-run')).toBe(0)
    expect(lines[0]).toMatch(/^Would make the switch of alpha and beta/)
    expect(await readSwitch(world.switches!, tables)).toBeUndefined()
  })

  test('asks before', async () => {
    const { segue, errors, world } = setUp()
    expect(await segue('switch', 'create')).toBe(2)
    expect(errors[0]).toContain('`segue switch create` asks before it begins')
    expect(await readSwitch(world.switches!, tables)).toBeUndefined()
  })
})

describe('segue switch show', () => {
  test('says how to make it where there is none, and ends with 2', async () => {
    const { segue, lines } = setUp()
    expect(await segue('switch', 'show')).toBe(2)
    expect(await segue('switch', 'show', '--json')).toBe(2)
    expect(lines).toEqual([
      'There is no switch of alpha and beta, in stack Night (account 000000000000, region us-east-1). Applications that follow one write nothing before it is made.',
      'Make it, open at alpha: segue switch create',
      'If applications use beta already, add --active beta.',
      '{"switch":null}',
    ])
  })

  test('says who closed it, for how long, and what that waits for', async () => {
    const { segue, lines, state } = await switched(close)
    state.now += 5_000
    expect(await segue('switch', 'show')).toBe(0)
    expect(lines.slice(2, 6)).toEqual([
      'State        closed for 5s: applications write nothing',
      'Closed by    the cutover of run run00001, arn:alice: the release',
      'Since        2026-11-21T01:01:00.000Z',
      'Last write   not known yet',
    ])
  })

  test.each([
    [
      5_000,
      '2026-11-21T01:01:35.000Z (in 30s): what began before has ended by then, and later changes are not applied',
    ],
    [40_000, '2026-11-21T01:01:35.000Z: what began before has ended by then, and later changes are not applied'],
  ])('%i ms after the seal says when the last write ends', async (ms, text) => {
    const { segue, lines, state } = await switched(close, seal)
    state.now += ms
    await segue('switch', 'show')
    expect(lines).toContain(`Last write   ${text}`)
  })

  test('says since when the other table is the active one', async () => {
    const { segue, lines, state } = await switched(close, seal, { step: 'commit', at: now + 60_000 })
    state.now += 3_660_000
    await segue('switch', 'show')
    expect(lines[1]).toBe('Active       beta, since 2026-11-21T01:02:00.000Z (1h 0m)')
    expect(lines[2]).toBe('State        open: applications may write beta')
  })

  test.each([
    [30_000, 'may still move until 2026-11-21T01:02:00.000Z'],
    [90_000, 'moved, and not checked yet'],
  ])('says that aliases may be astray', async (ms, text) => {
    const { segue, lines, state } = await switched(close, {
      step: 'hold aliases',
      at: now,
      aliasUntil: now + 60_000,
    })
    state.now += ms
    await segue('switch', 'show')
    expect(lines).toContain(`Aliases      ${text}`)
  })

  test('with --json prints the row as it is', async () => {
    const { segue, lines, state, world } = await switched(close, seal)
    state.now += 12_000
    await segue('switch', 'show', '--json')
    const row = await readSwitch(world.switches!, tables)
    expect(lines.map((line) => JSON.parse(line))).toEqual([{ switch: { ...row, closedSeconds: 12 } }])
  })

  test('says what to do where the stack has no table for it', async () => {
    const { segue, errors, world } = setUp()
    delete world.switches
    expect(await segue('switch', 'show')).toBe(2)
    expect(errors).toEqual([
      'There is no table for the switch of stack Night: an earlier version deployed it. Deploy it again.',
    ])
  })
})
