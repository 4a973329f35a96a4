import { describe, expect, test } from 'vitest'
import { runCli } from '../../../cli/program.ts'
import { beginCapture, readCapture } from '../../../shared/ledger/capture.ts'
import { readControl } from '../../../shared/ledger/control.ts'
import { readLease, writeLease } from '../../../shared/ledger/lease.ts'
import type { RunRecord } from '../../../shared/ledger/runs.ts'
import { aRun, memoryTerminal, memoryWorld, start, store } from './fixtures.ts'

const finished = { state: 'finished', phase: 'Finished', endedAt: start + 50_000 } as const
const halted = { state: 'stopped', because: 'halted', phase: 'Halted', reason: 'no', endedAt: start + 50_000 } as const

/** A deployment whose last run has ended, and whose mapping takes a while to change. */
async function setUp(run: Partial<RunRecord> = finished) {
  const memory = memoryWorld()
  const output = memoryTerminal()
  await store(memory.ledger, aRun(run), [], { held: false })
  memory.meanwhile.push(
    () => {},
    () => {
      memory.state.mapping = 'Disabled'
    },
  )
  const segue = (...args: string[]) => runCli(args, { open: async () => memory.world, terminal: output.terminal })
  return { ...memory, ...output, segue }
}

describe('segue capture off', () => {
  test('says what it does, and waits until live changes are off', async () => {
    const { segue, lines, told, state } = await setUp()
    expect(await segue('capture', 'off', '--yes')).toBe(0)
    expect(told).toEqual([false])
    expect(state.mapping).toBe('Disabled')
    expect(lines).toEqual([
      'Turns off live changes from alpha to beta, in stack Night (account 000000000000, region us-east-1)',
      'Later changes of alpha are not applied; the stream keeps them for 24 hours.',
      'Only a new run, into an empty beta, turns them on again: segue run',
      'Live changes are off: no more of them are written to beta.',
    ])
  })

  test('records it before the mapping changes, and waits until nothing more can land', async () => {
    const { segue, lines, ledger, state, meanwhile } = await setUp()
    await beginCapture(ledger, 'run00001', { since: start, stream: 'arn:stream:alpha' })
    const asked = state.now
    const noted: unknown[] = []
    meanwhile.unshift(async () => void noted.push(await readCapture(ledger, 'run00001'), state.mapping))
    expect(await segue('capture', 'off', '--yes')).toBe(0)
    expect(noted).toEqual([expect.objectContaining({ off: asked }), 'changing'])
    expect(state.now - asked).toBe(365_000)
    expect(lines.slice(3)).toEqual([
      'This takes about 7 minutes: it waits until no change under way can still be written.',
      'Live changes are off: no more of them are written to beta.',
    ])
    await segue('capture', 'off', '--yes')
    expect(lines.at(-1)).toBe(
      'Live changes from alpha to beta, in stack Night (account 000000000000, region us-east-1), are off already.',
    )
    expect(state.now - asked).toBe(365_000)
  })

  test('frees the lease of an execution that was stopped first, so that nothing it left behind turns them on', async () => {
    const { segue, ledger, views, world } = await setUp({ state: 'running', phase: 'Capture' })
    const lease = await readLease(ledger, 'beta')
    await writeLease(ledger, lease, { ...lease!, held: true })
    views['arn:run:one'] = { status: 'ended', ended: 'ABORTED' }
    Object.assign(world.mapping!, { state: async () => 'Disabled' })
    expect(await segue('capture', 'off', '--yes')).toBe(0)
    expect(await readLease(ledger, 'beta')).toMatchObject({ held: false, fence: 2 })
    expect(await readControl(ledger, 'run00001')).toMatchObject({ fence: 2 })
  })

  test('is not taken in by a mapping that was disabled in the console', async () => {
    const { segue, lines, ledger, state } = await setUp()
    await beginCapture(ledger, 'run00001', { since: start, stream: 'arn:stream:alpha' })
    state.mapping = 'Disabled'
    expect(await segue('capture', 'off', '--yes')).toBe(0)
    expect(await readCapture(ledger, 'run00001')).toHaveProperty('off')
    expect(lines.at(-1)).toBe('Live changes are off: no more of them are written to beta.')
  })

  test('does not turn off, unasked, what was turned on after it had looked', async () => {
    const { segue, told, world } = await setUp()
    const states = ['Disabled', 'Enabled'] as const
    let reads = 0
    Object.assign(world.mapping!, { state: async () => states[reads++] ?? 'Enabled' })
    expect(await segue('capture', 'off')).toBe(0)
    expect(told).toEqual([])
  })

  test('says that resuming turns them on again where the run can be resumed', async () => {
    const { segue, lines, world } = await setUp(halted)
    world.deployment.flag = ' --stack Night'
    await segue('capture', 'off', '--yes')
    expect(lines[2]).toBe('To turn them on again: segue run --resume --stack Night')
  })

  test('does not say so of an offline run, which captures nothing when it is resumed', async () => {
    const { segue, lines } = await setUp({ ...halted, offline: true })
    await segue('capture', 'off', '--yes')
    expect(lines[2]).toBe('Only a new run, into an empty beta, turns them on again: segue run')
  })

  test('with --dry-run changes nothing', async () => {
    const { segue, lines, told } = await setUp()
    expect(await segue('capture', 'off', '--yes', '--dry-run')).toBe(0)
    expect(told).toEqual([])
    expect(lines[0]).toMatch(/^Would turn off live changes from alpha to beta, in stack Night /)
  })

  test.each([[[]], [['--dry-run']]])('says that they are off already', async (flags) => {
    const { segue, lines, told, state } = await setUp()
    state.mapping = 'Disabled'
    expect(await segue('capture', 'off', '--yes', ...flags)).toBe(0)
    expect(told).toEqual([])
    expect(lines).toEqual([
      'Live changes from alpha to beta, in stack Night (account 000000000000, region us-east-1), are off already.',
    ])
  })

  test('works before anything was ever run', async () => {
    const { world, state } = memoryWorld()
    const { terminal, lines } = memoryTerminal()
    state.mapping = 'Disabled'
    expect(await runCli(['capture', 'off', '--yes'], { open: async () => world, terminal })).toBe(0)
    expect(lines).toEqual([
      'Live changes from alpha to beta, in stack Night (account 000000000000, region us-east-1), are off already.',
    ])
  })

  test('with --json prints one object', async () => {
    const { segue, lines, state } = await setUp()
    await segue('capture', 'off', '--yes', '--json', '--dry-run')
    await segue('capture', 'off', '--yes', '--json')
    await segue('capture', 'off', '--yes', '--json')
    expect(state.mapping).toBe('Disabled')
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { capture: 'on', changed: false },
      { capture: 'off', changed: true },
      { capture: 'off', changed: false },
    ])
  })
})

describe('segue capture off refuses', () => {
  test.each([[[]], [['--dry-run']]])('while a run is under way', async (flags) => {
    const { segue, errors, told, ledger } = await setUp()
    await store(ledger, aRun({ id: 'run00002', execution: 'arn:run:two' }), [])
    expect(await segue('capture', 'off', '--yes', ...flags)).toBe(2)
    expect(told).toEqual([])
    expect(errors).toEqual([
      'Execution arn:run:two is under way, and a run needs its live changes. Wait until it has ended (`segue watch`), or stop it in the console.',
    ])
  })

  test('while a run begins that has no lease yet', async () => {
    const { segue, errors, state } = await setUp()
    state.running = 'arn:run:two'
    expect(await segue('capture', 'off', '--yes')).toBe(2)
    expect(errors[0]).toContain('Execution arn:run:two is under way')
  })

  test('while nobody can tell whether the run is under way', async () => {
    const { segue, errors, ledger, views, told } = await setUp()
    await store(ledger, aRun({ id: 'run00002' }), [])
    views['arn:run:one'] = { status: 'unknown' }
    expect(await segue('capture', 'off', '--yes')).toBe(2)
    expect(told).toEqual([])
    expect(errors).toEqual([
      'Step Functions does not say, so it is not known whether execution arn:run:one, which holds beta, is under way. Try again.',
    ])
  })

  test('but not because of a run that was interrupted', async () => {
    const { segue, ledger, views } = await setUp()
    await store(ledger, aRun({ id: 'run00002' }), [])
    views['arn:run:one'] = { status: 'ended', ended: 'ABORTED' }
    expect(await segue('capture', 'off', '--yes')).toBe(0)
  })

  test('where the stack puts out no mapping', async () => {
    const { segue, errors, world } = await setUp()
    world.mapping = undefined
    expect(await segue('capture', 'off', '--yes')).toBe(2)
    expect(errors).toEqual([
      'No live changes are captured for stack Night: its source has no stream, or an earlier version deployed it. In that case deploy it again.',
    ])
  })
})

describe('once segue capture off has begun', () => {
  test('it leaves the mapping to a run that starts meanwhile', async () => {
    const { segue, errors, state, meanwhile, told } = await setUp()
    meanwhile.unshift(() => {
      state.running = 'arn:run:two'
      state.mapping = 'Enabled'
    })
    expect(await segue('capture', 'off', '--yes')).toBe(1)
    expect(told).toEqual([false])
    expect(errors[0]).toMatch(
      /^It is not known whether live changes are off \(repeat the command to see\): Execution arn:run:two is under way/,
    )
  })

  test('it does not say that nothing was begun when credentials expire', async () => {
    const { segue, errors, world, meanwhile } = await setUp()
    meanwhile.unshift(() => {
      const expired = Object.assign(new Error('no'), { name: 'ExpiredTokenException' })
      world.mapping!.state = () => Promise.reject(expired)
    })
    expect(await segue('capture', 'off', '--yes')).toBe(1)
    expect(errors).toEqual([
      'It is not known whether live changes are off (repeat the command to see): The AWS credentials have expired. Log in again (`aws sso login`).',
    ])
  })

  test('it gives up on a mapping that does not come to rest', async () => {
    const { segue, errors, meanwhile } = await setUp()
    meanwhile.length = 0
    expect(await segue('capture', 'off', '--yes')).toBe(1)
    expect(errors).toEqual([
      'It is not known whether live changes are off (repeat the command to see): their event source mapping has been changing for 10 minutes. Live changes are refused meanwhile. The last processing result of the mapping, in the Lambda console, names the reason.',
    ])
  })
})
