import { describe, expect, test } from 'vitest'
import { DynamoDbError } from '../../../shared/dynamodb/errors.ts'
import { updateRun } from '../../../shared/ledger/runs.ts'
import type { LedgerTable } from '../../../shared/ledger/table.ts'
import { aRun, aSegment, aWalk, store } from './fixtures.ts'
import { copied, done, finished, setUp } from './set-up.ts'

const halts = async (ledger: LedgerTable) =>
  void (await updateRun(ledger, 'run00001', (run) => ({ ...run, state: 'stopped', because: 'halted', reason: 'no' })))

describe('segue watch', () => {
  test('prints a line every few seconds until the run ends, then how it ended', async () => {
    const { segue, lines, ledger, meanwhile } = setUp()
    await store(ledger, aRun(), done)
    meanwhile.push(
      () => {},
      async () => void (await updateRun(ledger, 'run00001', (run) => ({ ...run, ...finished }))),
    )
    expect(await segue('watch')).toBe(0)
    expect(lines).toHaveLength(7)
    expect(lines[0]).toMatch(/^Copy: 1000\/1000 100%; .*; ETA unknown$/)
    expect(lines[1]).toBe('waiting: every chunk is done, the next phase begins')
    expect(lines[5]).toBe('Run run00001 finished: 1,000 items read, 1,000 items written to beta.')
    expect(lines[6]).toBe('Verified: no differences.')
  })

  test('draws a bar on a terminal, and leaves the last line standing', async () => {
    const { segue, lines, drawn, ledger, meanwhile } = setUp(true)
    await store(ledger, aRun(), [aSegment(0, 500), aSegment(1, 0)])
    meanwhile.push(() => halts(ledger))
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
    expect(lines[1]).toContain('stopped from outside (ABORTED). Nothing is lost')
    expect(lines[3]).toBe('Continue from its checkpoints with: segue run --resume')
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
      () => halts(ledger),
    )
    expect(await segue('watch')).toBe(3)
    expect(errors).toEqual([])
    expect(lines.at(-3)).toBe('Run run00001 halted: no')
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
    expect(lines.slice(0, 2)).toEqual(['Unknown', 'waiting: the ledger does not respond (no answer)'])
  })

  test('gives what it waits for lines of its own under the bar, whole on a narrow terminal', async () => {
    const { segue, drawn, ledger, meanwhile } = setUp(true)
    await store(ledger, aRun(), [aSegment(0, 500), aSegment(1, 0)])
    meanwhile.push(...Array.from({ length: 10 }, () => () => {}), () => halts(ledger))
    await segue('watch')
    expect(drawn.at(-1)!.slice(2)).toEqual([
      'waiting: no slice at work for 20s: Lambda is short of concurrency, or the',
      'machine backs off before a retry',
    ])
  })

  describe('of AWS that does not answer', () => {
    const silent = () => Promise.reject(new DynamoDbError('unavailable', 'no answer'))

    test.each([
      [[], 600_000, '10m 0s'],
      [['--give-up', '90s'], 90_000, '1m 30s'],
    ])('with %j ends with 10 after %i ms, and says that the run continues', async (flags, ms, words) => {
      const { segue, errors, ledger, state } = setUp()
      await store(ledger, aRun(), done)
      ledger.get = silent
      const from = state.now
      expect(await segue('watch', ...flags)).toBe(10)
      expect(state.now - from).toBe(ms)
      expect(errors).toEqual([
        `AWS did not respond for ${words}: the ledger does not respond (no answer). The run continues; watch it with: segue watch`,
      ])
    })

    test('counts anew once it has answered', async () => {
      const { segue, ledger, world, state } = setUp()
      await store(ledger, aRun(), [aSegment(0, 500), aSegment(1, 0)])
      const from = state.now
      const answers = ledger.get
      world.runtime.sleep = async (ms) => {
        state.now += ms
        ledger.get = state.now - from === 50_000 ? answers : silent
      }
      expect(await segue('watch', '--give-up', '1m')).toBe(10)
      expect(state.now - from).toBe(110_000)
    })

    test('ends with 10 where only Step Functions could say whether the run has begun', async () => {
      const { segue, views, errors } = setUp()
      views['arn:run:new'] = { status: 'unknown' }
      expect(await segue('run', '--wait')).toBe(10)
      expect(errors[0]).toContain('Step Functions does not respond')
    })

    test.each(['10', '0m', 'soon'])('refuses --give-up %s', async (time) => {
      const { segue, errors } = setUp()
      expect(await segue('watch', '--give-up', time)).toBe(2)
      expect(errors[0]).toContain('Expected a time such as 90s, 10m or 2h.')
    })
  })

  test('says that nothing was ever run', async () => {
    const { segue, errors } = setUp()
    expect(await segue('watch')).toBe(2)
    expect(errors).toEqual(['There was never a run into beta. Start one with: segue run'])
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
