import { describe, expect, test } from 'vitest'
import { runCli } from '../../../cli/program.ts'
import { DynamoDbError } from '../../../shared/dynamodb/errors.ts'
import { quarantine } from '../../../shared/ledger/quarantine.ts'
import { updateRun } from '../../../shared/ledger/runs.ts'
import { beginCapture } from '../../../shared/ledger/shards.ts'
import { recordLag } from '../../../shared/run/lag.ts'
import { aRun, aSegment, aWalk, memoryTerminal, memoryWorld, start, store } from './fixtures.ts'

function setUp(interactive = false) {
  const memory = memoryWorld()
  const output = memoryTerminal(interactive)
  const segue = (...args: string[]) => runCli(args, { open: async () => memory.world, terminal: output.terminal })
  return { ...memory, ...output, segue }
}

const copied = [aSegment(0, 600, { state: 'done' }), aSegment(1, 400, { state: 'done' })]
const done = [...copied, ...aWalk('verify.1', {}), ...aWalk('orphans.1', {})]
const verification = { number: 1, ended: true }
const finished = { state: 'finished', phase: 'Finished', endedAt: start + 50_000, verification } as const

describe('segue watch', () => {
  test('prints a line every few seconds until the run ends, then how it ended', async () => {
    const { segue, lines, ledger, meanwhile } = setUp()
    await store(ledger, aRun(), done)
    meanwhile.push(
      () => {},
      async () => void (await updateRun(ledger, 'run00001', (run) => ({ ...run, ...finished }))),
    )
    expect(await segue('watch')).toBe(0)
    expect(lines).toHaveLength(5)
    expect(lines[0]).toMatch(
      /^Copy: 1000\/1000 100%; .*waiting: every chunk is done, the run goes on to its next phase; ETA unknown$/,
    )
    expect(lines[3]).toBe('Run run00001 finished: 1,000 items read, 1,000 items written to beta.')
    expect(lines[4]).toBe('Verified: no differences.')
  })

  test('draws a bar on a terminal, and leaves the last line standing', async () => {
    const { segue, lines, drawn, ledger, meanwhile } = setUp(true)
    await store(ledger, aRun(), [aSegment(0, 500), aSegment(1, 0)])
    meanwhile.push(
      async () => void (await updateRun(ledger, 'run00001', (run) => ({ ...run, state: 'halted', reason: 'no' }))),
    )
    expect(await segue('watch')).toBe(3)
    expect(drawn[0]?.[0]).toMatch(/^\[#{30}-{30}\]$/)
    expect(drawn[0]?.[1]?.length).toBeLessThan(80)
    expect(lines[0]).toMatch(/^Halted: 500\/1000 50\.0%/)
  })

  test('recognises an execution that was stopped from the console, and says how to go on', async () => {
    const { segue, lines, ledger, views } = setUp()
    await store(ledger, aRun(), [aSegment(0, 500), aSegment(1, 0)])
    views['arn:run:one'] = { status: 'ended', ended: 'ABORTED' }
    expect(await segue('watch')).toBe(3)
    expect(lines[0]).toMatch(/^Interrupted: 500\/1000/)
    expect(lines[1]).toContain('stopped from outside (ABORTED). The ledger still says running')
    expect(lines[2]).toBe('Go on from its checkpoints with: segue run --resume')
  })

  test('does not take a run for interrupted that ended while it was being looked at', async () => {
    const { segue, lines, ledger, world } = setUp()
    await store(ledger, aRun(), done)
    world.executions.describe = async () => {
      await updateRun(ledger, 'run00001', (run) => ({ ...run, ...finished }))
      return { status: 'ended', ended: 'SUCCEEDED' }
    }
    expect(await segue('watch')).toBe(0)
    expect(lines.join()).not.toContain('nterrupted')
  })

  test('follows an execution that has no run yet rather than the run before it', async () => {
    const { segue, lines, errors, ledger, state, views, meanwhile } = setUp()
    await store(ledger, aRun({ ...finished }), done, { held: false })
    state.running = 'arn:run:two'
    meanwhile.push(() => {
      views['arn:run:two'] = {
        status: 'ended',
        ended: 'FAILED',
        error: 'destination-not-empty',
        cause: 'Table beta already holds items.',
      }
    })
    expect(await segue('watch')).toBe(2)
    expect(lines).toEqual(['Starting: arn:run:two is in Preflight or Lease'])
    expect(errors).toEqual(['The run was refused (destination-not-empty): Table beta already holds items.'])
  })

  test('is not ended by an execution that is refused beside the run it follows', async () => {
    const { segue, lines, errors, ledger, state, views, meanwhile } = setUp()
    await store(ledger, aRun(), [aSegment(0, 500), aSegment(1, 0)])
    state.running = 'arn:run:two'
    meanwhile.push(
      () => {
        views['arn:run:two'] = { status: 'ended', ended: 'FAILED', error: 'run-in-progress', cause: 'Wait for it.' }
      },
      async () => void (await updateRun(ledger, 'run00001', (run) => ({ ...run, state: 'halted', reason: 'no' }))),
    )
    expect(await segue('watch')).toBe(3)
    expect(errors).toEqual([])
    expect(lines.at(-2)).toBe('Run run00001 halted: no')
  })

  test('follows the newest execution where the one that holds the lease has ended', async () => {
    const { segue, lines, ledger, state, views, meanwhile } = setUp()
    await store(ledger, aRun(), [aSegment(0, 500), aSegment(1, 0)])
    views['arn:run:one'] = { status: 'ended', ended: 'ABORTED' }
    state.running = 'arn:run:two'
    meanwhile.push(() => {
      views['arn:run:two'] = { status: 'ended', ended: 'FAILED', error: 'no-stream', cause: 'It has none.' }
    })
    expect(await segue('watch')).toBe(2)
    expect(lines).toEqual(['Starting: arn:run:two is in Preflight or Lease'])
  })

  test('with --json prints one object a line, without keys', async () => {
    const { segue, lines, ledger } = setUp()
    await store(ledger, aRun({ ...finished }), done)
    expect(await segue('watch', '--json')).toBe(0)
    expect(JSON.parse(lines[0]!)).toMatchObject({
      verdict: 'finished',
      items: { done: 1000, share: 1 },
      chunks: { done: 2, open: 0 },
      waiting: null,
    })
    expect(lines).toHaveLength(1)
  })

  test('outlasts a ledger that does not answer for a while', async () => {
    const { segue, lines, ledger, world } = setUp()
    await store(ledger, aRun({ ...finished }), done)
    let calls = 0
    world.ledger = {
      commit: (puts) => ledger.commit(puts),
      query: (...asked) => ledger.query(...asked),
      get: (pk, sk) => {
        if (calls++ < 2) throw new DynamoDbError('unavailable', 'no answer')
        return ledger.get(pk, sk)
      },
    }
    expect(await segue('watch')).toBe(0)
    expect(lines[0]).toContain('waiting: the ledger does not answer (no answer)')
  })

  test('says that nothing was ever run', async () => {
    const { segue, errors } = setUp()
    expect(await segue('watch')).toBe(2)
    expect(errors).toEqual(['Nothing was ever run into beta. Start with: segue run'])
  })

  test('ends with 4 when items were quarantined', async () => {
    const { segue, lines, ledger } = setUp()
    await store(ledger, aRun({ ...finished }), [
      ...copied,
      ...aWalk('verify.1', { quarantined: 2 }),
      ...aWalk('orphans.1', {}),
    ])
    expect(await segue('watch')).toBe(4)
    expect(lines.at(-1)).toBe('2 items quarantined. List with: segue quarantine list')
  })

  test('ends with 6 when the last verification found differences, whatever was quarantined', async () => {
    const { segue, lines, ledger } = setUp()
    const walks = [
      ...aWalk('verify.1', { missing: 9 }),
      ...aWalk('verify.2', { missing: 1, different: 2, quarantined: 3 }),
      ...aWalk('orphans.2', { orphan: 1, unchecked: 12 }),
    ]
    await store(ledger, aRun({ ...finished, verification: { number: 2, ended: true } }), [...copied, ...walks])
    expect(await segue('watch')).toBe(6)
    expect(lines[0]).toContain('chunks 2/2 done, 3 quarantined, 1 missing, 2 different, 1 orphan, 12 unchecked; took')
    expect(lines.slice(2)).toEqual([
      'Verify found 4 differences: 1 missing, 2 different, 1 orphan. List with: segue diff; mend with: segue repair --wait',
      'Orphans not checked for 12 items: a migration without an inverse, or whose inverse fails, may have made them.',
      '3 items quarantined. List with: segue quarantine list',
    ])
  })
})

describe('segue run', () => {
  test('starts the same execution as {} from the console, and names the run once it has begun', async () => {
    const { segue, lines, started, ledger, meanwhile } = setUp()
    meanwhile.push(() => store(ledger, aRun({ execution: 'arn:run:new' }), []))
    expect(await segue('run')).toBe(0)
    expect(started).toEqual([{}])
    expect(lines).toContain('Execution arn:run:new')
    expect(lines.at(-1)).toBe('Run run00001. Watch it with: segue watch')
  })

  test('passes its flags on as the input of the execution', async () => {
    const { segue, started, views } = setUp()
    views['arn:run:new'] = { status: 'ended', ended: 'FAILED', error: 'nothing-to-resume', cause: 'There is none.' }
    expect(await segue('run', '--no-split', '--offline', '--segments', '7')).toBe(2)
    expect(await segue('run', '--resume', '--no-split')).toBe(2)
    expect(started).toEqual([
      { split: false, offline: true, segments: 7 },
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
      store(ledger, aRun({ execution: 'arn:run:new', state: 'halted', reason: '1 chunks failed' }), []),
    )
    expect(await segue('run', '--wait')).toBe(3)
  })

  test('with --dry-run starts nothing', async () => {
    const { segue, started, lines } = setUp()
    expect(await segue('run', '--dry-run')).toBe(0)
    expect(started).toEqual([])
    expect(lines.at(-1)).toBe('Would start. Start it with: segue run')
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
      aRun({ state: 'halted', reason: '1 chunks failed', endedAt: start + 9_000 }),
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
    expect(page).toContain('Lease       free')
    expect(page).not.toContain('case|1')
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
      'Live        captured since 2026-11-21T01:00:00Z; live changes 1h 6m behind, warn: behind for an hour or more 5s ago',
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
    expect(lines.join('\n')).toContain('its owner is alive')
    views['arn:run:one'] = { status: 'ended', ended: 'TIMED_OUT' }
    await segue('status')
    expect(lines.join('\n')).toContain('its owner has ended')
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
