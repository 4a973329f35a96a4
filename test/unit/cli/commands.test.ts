import { describe, expect, test } from 'vitest'
import { DynamoDbError } from '../../../shared/dynamodb/errors.ts'
import { beginCapture } from '../../../shared/ledger/capture.ts'
import { quarantine } from '../../../shared/ledger/quarantine.ts'
import { updateRun } from '../../../shared/ledger/runs.ts'
import { recordLag } from '../../../shared/live/lag.ts'
import { aRun, aSegment, aWalk, start, store } from './fixtures.ts'
import { copied, done, finished, setUp } from './set-up.ts'

describe('segue run', () => {
  test('starts the same execution as {} from the console, and names the run once it has begun', async () => {
    const { segue, lines, started, ledger, meanwhile } = setUp()
    meanwhile.push(() => store(ledger, aRun({ execution: 'arn:run:new' }), []))
    expect(await segue('run')).toBe(0)
    expect(started).toEqual([{ by: 'alice' }])
    expect(lines).toContain('Execution arn:run:new')
    expect(lines.at(-1)).toBe('Run run00001. Watch it with: segue watch')
  })

  test('passes its flags on as the input of the execution', async () => {
    const { segue, started, views, ledger } = setUp()
    views['arn:run:new'] = { status: 'ended', ended: 'FAILED', error: 'no-stream', cause: 'There is none.' }
    expect(await segue('run', '--no-split', '--offline', '--segments', '7')).toBe(2)
    await store(ledger, aRun({ state: 'stopped', because: 'halted' }), [aSegment(0, 0), aSegment(1, 0)], {
      held: false,
    })
    expect(await segue('run', '--resume', '--no-split')).toBe(2)
    expect(started).toEqual([
      { split: false, offline: true, segments: 7, by: 'alice' },
      { resume: true, split: false },
    ])
  })

  test.each([
    [['run', '--resume', '--segments', '7'], '`segments`'],
    [['run', '--resume', '--offline', '--dry-run'], '`offline`'],
    [['plan', '--resume', '--offline'], '`offline`'],
  ])('refuses %j: a run that is resumed knows by itself', async (args, name) => {
    const { segue, started, errors } = setUp()
    expect(await segue(...args)).toBe(2)
    expect(started).toEqual([])
    expect(errors[0]).toContain(`${name} was settled when the run began, and it knows by itself: leave it out`)
  })

  test('starts nothing when an option is wrong', async () => {
    const { segue, started, errors } = setUp()
    expect(await segue('run', '--segments', 'many')).toBe(2)
    expect(started).toEqual([])
    expect(errors[0]).toContain('`segments`')
  })

  test('with --wait ends with the code of how the run ended, not of the run before it', async () => {
    const { segue, ledger, meanwhile } = setUp()
    await store(ledger, aRun({ id: 'run00000', execution: 'arn:run:old', state: 'finished' }), [], { held: false })
    meanwhile.push(() =>
      store(
        ledger,
        aRun({ execution: 'arn:run:new', state: 'stopped', because: 'halted', reason: '1 chunks failed' }),
        [],
      ),
    )
    expect(await segue('run', '--wait')).toBe(3)
  })

  test('with --dry-run starts nothing', async () => {
    const { segue, started, lines } = setUp()
    expect(await segue('run', '--dry-run')).toBe(0)
    expect(started).toEqual([])
    expect(lines.at(-1)).toBe('Would start. Start it with: segue run')
  })

  test('says what it costs to be done by a time, and refuses one that is over', async () => {
    const { segue, lines } = setUp()
    expect(await segue('plan', '--offline', '--warm', '2026-11-22T05:00Z')).toBe(0)
    expect(lines).toContain('To be done by 2026-11-22T05:00:00Z: nothing to do, if it starts now.')
    expect(await segue('plan', '--warm', '2026-11-20T05:00Z')).toBe(2)
  })

  test('names the command that starts what was planned, and nothing else', async () => {
    const { segue, lines } = setUp()
    await segue('plan', '--offline', '--segments', '7', '--no-split')
    expect(lines.at(-1)).toBe('Would start. Start it with: segue run --offline --segments 7 --no-split')
    await segue('run', '--dry-run', '--ticked', '--concurrency', '10', '--until', '2026-11-22T05:00Z')
    expect(lines.at(-1)).toBe(
      'Would start. Start it with: segue run --concurrency 10 --ticked --until 2026-11-22T05:00:00Z',
    )
  })

  test('plans as if the checklist were done, if asked', async () => {
    const { segue, lines, world } = setUp()
    world.deployment.options = { checklist: 'the release sheet' }
    expect(await segue('plan')).toBe(2)
    expect(lines.at(-1)).toContain('checklist-not-ticked')
    expect(await segue('plan', '--ticked')).toBe(0)
    expect(lines.at(-1)).toBe('Would start. Start it with: segue run --ticked')
  })
})

describe('segue status', () => {
  test('shows on one page what is known of the run', async () => {
    const { segue, lines, ledger } = setUp()
    const failed = aSegment(1, 0, {
      state: 'failed',
      reason: 'Lambda.Unknown: {"errorType":"Error","errorMessage":"out of\\nmemory","trace":[]}',
    })
    await store(
      ledger,
      aRun({ state: 'stopped', because: 'halted', reason: '1 chunks failed', endedAt: start + 9_000 }),
      [aSegment(0, 600, { state: 'done' }), failed],
      { held: false },
    )
    await quarantine(ledger, 'run00001', [
      { key: { pk: { S: 'case|1' }, sk: { S: 'a' } }, migration: 'm', reason: 'target: status is missing', at: start },
    ])
    expect(await segue('status')).toBe(3)
    const page = lines.join('\n')
    expect(page).toContain('State       halted, phase Copy')
    expect(page).toContain('600 = 600 migrated + 0 untouched + 0 dropped + 0 quarantined')
    expect(page).toContain('Tallies     close')
    expect(page).toContain('1 done, 0 open (0 at work), 1 failed, 0 split')
    expect(page).toContain('s00001  Lambda.Unknown: out of memory')
    expect(page).toContain('1  m: target: status is missing')
    expect(page).toContain('Lock        free')
    expect(page).not.toContain('case|1')
  })

  test('says what the run waits for', async () => {
    const { segue, lines, ledger } = setUp()
    await store(ledger, aRun({ phase: 'Repair' }), [])
    await segue('status')
    expect(lines).toContain('Waiting     rebuilding the keys that verify flagged')
  })

  test('shouts when the tallies do not close', async () => {
    const { segue, lines, ledger } = setUp()
    await store(ledger, aRun(), [aSegment(0, 600, { tallies: { ...done[0]!.tallies, written: 599 } }), aSegment(1, 0)])
    await segue('status')
    expect(lines.join('\n')).toContain('DO NOT CLOSE: produced 600 ≠')
  })

  test('shows the verification at work by its own chunks, and how live changes stand', async () => {
    const { segue, lines, ledger, state } = setUp()
    const run = aRun({ phase: 'Verify', verification: { number: 1, ended: false } })
    await store(ledger, run, [
      ...copied,
      ...aWalk('verify.1', { read: 600, migrated: 600, produced: 600, present: 599, different: 1 }),
    ])
    await beginCapture(ledger, run.id, { since: start, stream: 'arn:stream:alpha' })
    const runtime = { clock: () => state.now - 5_000 }
    await recordLag(run.id, { outcome: 'waiting', lagSeconds: 4_000, reason: '' }, { ledger, runtime })
    await segue('status')
    const page = lines.join('\n')
    expect(page).toContain('Verified    [########################] 100.0%  600 items read')
    expect(page).toContain('600 = 599 as they should be + 0 missing + 1 different')
    expect(page).toContain(
      'Live        captured since 2026-11-21T01:00:00Z; live changes 1h 6m behind, warn: behind for an hour or more (as of 5s ago)',
    )
  })

  test('of a run goes on without an estimate when the source is gone or may not be described', async () => {
    const { segue, lines, ledger, world } = setUp()
    world.describeTable = () => Promise.reject(new DynamoDbError('table-not-found', 'There is no table alpha.'))
    await store(ledger, aRun(), [aSegment(0, 500), aSegment(1, 0), ...done.slice(2)])
    expect(await segue('status')).toBe(0)
    expect(lines.join('\n')).toContain('of an unknown total  500 items read')
    await updateRun(ledger, 'run00001', (run) => ({ ...run, ...finished }))
    expect(await segue('watch')).toBe(0)
  })

  test('says that an offline run captures nothing', async () => {
    const { segue, lines, ledger } = setUp()
    await store(ledger, aRun({ offline: true }), done)
    await segue('status')
    expect(lines.join('\n')).toContain('Live        not captured: this run is offline')
  })

  test('says whether the owner of the lease is alive', async () => {
    const { segue, lines, ledger, views } = setUp()
    await store(ledger, aRun(), done)
    await segue('status')
    expect(lines.join('\n')).toContain('its owner is that execution, which runs')
    views['arn:run:one'] = { status: 'ended', ended: 'TIMED_OUT' }
    await segue('status')
    expect(lines.join('\n')).toContain('its owner was that execution, which has ended; free it with: segue unlock')
  })
})

describe('segue quarantine list', () => {
  test('groups by cause, and shows keys only when asked', async () => {
    const { segue, lines, ledger } = setUp()
    await store(ledger, aRun(), [])
    const item = (n: number, reason: string) => ({
      key: { pk: { S: `case|${n}` }, sk: { S: 'a' } },
      migration: 'm',
      reason,
      at: start,
    })
    await quarantine(ledger, 'run00001', [item(1, 'x'), item(2, 'y'), item(3, 'y')])
    expect(await segue('quarantine', 'list')).toBe(0)
    expect(lines).toEqual(['Run run00001: 3 items quarantined', '       2  m: y', '       1  m: x'])
    lines.length = 0
    await segue('quarantine', 'list', '--keys')
    expect(lines).toEqual([
      'Run run00001: 3 items quarantined',
      'm: y',
      '  case|2  a',
      '  case|3  a',
      'm: x',
      '  case|1  a',
    ])
  })
})
