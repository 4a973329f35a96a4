import { describe, expect, test } from 'vitest'
import { beginCapture } from '../../../shared/ledger/capture.ts'
import { replaceChunk } from '../../../shared/ledger/chunks.ts'
import { readControl, writeControl } from '../../../shared/ledger/control.ts'
import { type RunRecord, updateRun } from '../../../shared/ledger/runs.ts'
import { recordLag } from '../../../shared/live/lag.ts'
import { expectedItems } from '../../../shared/operator/status/expected-items.ts'
import { progressReport } from '../../../shared/operator/status/json.ts'
import { progressLine, waitingLine } from '../../../shared/operator/status/line.ts'
import { type Track, track } from '../../../shared/operator/status/rate-and-eta.ts'
import { readProgress } from '../../../shared/operator/status/read.ts'
import { aRun, aSegment, aWalk, memoryWorld, start, store } from './fixtures.ts'

const copied = [aSegment(0, 600, { state: 'done' }), aSegment(1, 400, { state: 'done' })]
const verification = { number: 2, ended: false }

async function setUp(run: Partial<RunRecord>, chunks = copied) {
  const { world, ledger, state } = memoryWorld()
  await store(ledger, aRun(run), chunks)
  let seen: Track | undefined
  const line = async () => {
    const engine = { ledger, describe: world.executions.describe, clock: world.runtime.clock }
    const reading = await readProgress(engine, 'beta', { expect: expectedItems(world) })
    if (reading.kind !== 'run') throw new Error(reading.kind)
    seen = track(seen, reading.progress)
    const lines = [progressLine(reading.progress, seen, { keys: false }), waitingLine(reading.progress, seen)]
    return lines.filter((each) => each !== undefined).join('\n')
  }
  return { ledger, state, line }
}

describe('the line of a phase', () => {
  test('Capture says that live changes are being turned on', async () => {
    const { line } = await setUp({ phase: 'Capture', planned: false }, [])
    expect(await line()).toMatch(/^Capture: .*\nwaiting: live changes are being turned on, which takes up to minutes$/)
  })

  test('Capture counts down to the copy, which begins later where the mapping takes longer', async () => {
    const { line, ledger, state } = await setUp({ phase: 'Capture', planned: false }, [])
    await beginCapture(ledger, 'run00001', { since: start, stream: 'arn:stream:alpha', copyFrom: state.now + 43_000 })
    expect(await line()).toMatch(/\nwaiting: live changes are being turned on, 43s left$/)
    state.now += 43_000
    expect(await line()).toMatch(/\nwaiting: live changes are being turned on, which takes up to minutes$/)
  })

  test('Drain says how far live changes are behind, and when that was seen', async () => {
    const { line, ledger, state } = await setUp({ phase: 'Drain' })
    expect(await line()).toContain('\nwaiting: live changes up to the end of the copy are being applied')
    const runtime = { clock: () => state.now - 30_000 }
    await recordLag('run00001', { outcome: 'waiting', lagSeconds: 75, reason: '' }, { ledger, runtime })
    expect(await line()).toMatch(
      /^Drain: .*\nwaiting: live changes up to the end of the copy are being applied; live changes 1m 15s behind \(as of 30s ago\)$/,
    )
  })

  test.each([
    [3_600, 'live changes 1h 0m behind, warn: behind for an hour or more'],
    [21_600, 'live changes 6h 0m behind, slow: behind for six hours or more of the 24 that a stream keeps'],
  ])('Copy warns of live changes that are %i seconds behind', async (lagSeconds, words) => {
    const { line, ledger, state } = await setUp({}, [aSegment(0, 1), aSegment(1, 1)])
    const runtime = { clock: () => state.now }
    await recordLag('run00001', { outcome: 'waiting', lagSeconds: 3_599, reason: '' }, { ledger, runtime })
    expect(await line()).not.toContain('behind')
    await recordLag('run00001', { outcome: 'waiting', lagSeconds, reason: '' }, { ledger, runtime })
    expect(await line()).toContain(`; ${words}; ETA`)
  })

  test('Copy says that changes were lost', async () => {
    const { line, ledger, state } = await setUp({}, [aSegment(0, 1), aSegment(1, 1)])
    await recordLag('run00001', { outcome: 'trimmed' }, { ledger, runtime: { clock: () => state.now } })
    expect(await line()).toContain('live changes lost, refuse: the stream dropped changes unread')
  })

  test('Settle says how long an earlier slice may still write, and then what it does', async () => {
    const undrained = start + 100_000
    const { line, ledger } = await setUp({ phase: 'Settle' }, [{ ...copied[0]!, undrained }, copied[1]!])
    // The clock stands at 60 s; a slice's last request is answered within 60 s of its deadline.
    expect(await line()).toMatch(/^Settle: .*\nwaiting: an earlier slice may still be writing, for 1m 40s at most/)
    const control = await readControl(ledger, 'run00001')
    await writeControl(ledger, 'run00001', control, { ...control, quiet: '1.1' })
    expect(await line()).toContain('reconciling deleted and contested items with the source')
  })

  test('Repair says what is derived again', async () => {
    const { line } = await setUp({ phase: 'Repair' })
    expect(await line()).toMatch(/^Repair: .*\nwaiting: rebuilding the keys that verify flagged/)
  })

  test('Verify counts its own chunks against what the copy read, with what it has found so far', async () => {
    const walk = aWalk('verify.2', { read: 500, missing: 2, different: 1 }).map((chunk) => ({
      ...chunk,
      state: 'open' as const,
    }))
    const { line } = await setUp({ phase: 'Verify', verification }, [
      ...copied,
      ...walk,
      ...aWalk('verify.1', { read: 7 }),
    ])
    expect(await line()).toMatch(
      /^Verify: 500\/1000 50\.0%; .*chunks 0\/2 done, 0 at work, 2 missing, 1 different; ETA/,
    )
  })

  test('Verify says that its chunks are being planned', async () => {
    const { line } = await setUp({ phase: 'Verify', verification })
    expect(await line()).toContain('waiting: the chunks are being planned')
  })

  test('Orphans counts its own chunks against what the copy produced', async () => {
    const [first, second] = aWalk('orphans.2', { read: 250, orphan: 2, unchecked: 40 })
    const tallies = { ...copied[0]!.tallies, produced: 1_600, written: 1_600 }
    const chunks = [{ ...copied[0]!, tallies }, copied[1]!, { ...first!, state: 'open' as const }, second!]
    const { line } = await setUp({ phase: 'Orphans', verification }, chunks)
    expect(await line()).toMatch(/^Orphans: 250\/2000 12\.5%; .*chunks 1\/2 done, 0 at work, 2 orphans, 40 unchecked/)
  })

  test('the tallies of Orphans close for programs too: that walk only reads', async () => {
    const { ledger, state } = await setUp({ phase: 'Orphans', verification }, aWalk('orphans.2', { read: 250 }))
    const describeRunning = async () => ({ status: 'running' as const })
    const reading = await readProgress({ ledger, describe: describeRunning, clock: () => state.now }, 'beta')
    if (reading.kind !== 'run') throw new Error(reading.kind)
    const report = progressReport(reading.progress, track(undefined, reading.progress), { keys: false })
    expect(report).toMatchObject({ walk: 'orphans', talliesClose: true, found: null, lag: null })
  })

  test('what is unknown of the lag is null for programs, and not left out', async () => {
    const { ledger, state } = await setUp({ phase: 'Drain' })
    const runtime = { clock: () => state.now }
    await recordLag('run00001', { outcome: 'waiting', lagSeconds: 75, reason: '' }, { ledger, runtime })
    const describeRunning = async () => ({ status: 'running' as const })
    const reading = await readProgress({ ledger, describe: describeRunning, clock: () => state.now }, 'beta')
    if (reading.kind !== 'run') throw new Error(reading.kind)
    const { lag } = progressReport(reading.progress, track(undefined, reading.progress), { keys: false })
    expect(lag).toEqual({ seconds: 75, guard: 'ok', at: new Date(state.now).toISOString(), stopped: null })
  })

  test('a new walk begins with no rate, whatever the one before it reached', async () => {
    const { line, ledger, state } = await setUp({ phase: 'Orphans', verification }, [
      ...copied,
      ...aWalk('orphans.2', {}),
    ])
    await line()
    state.now += 10_000
    await updateRun(ledger, 'run00001', (run) => ({ ...run, phase: 'Copy' }))
    expect(await line()).toContain('; ?/s;')
  })

  test('a new phase begins with no rate, so that what the one before it waited does not slow it', async () => {
    const { line, ledger, state } = await setUp({ phase: 'Capture' }, [aSegment(0, 0), aSegment(1, 0)])
    await line()
    state.now += 50_000
    await updateRun(ledger, 'run00001', (run) => ({ ...run, phase: 'Copy' }))
    expect(await line()).toContain('; ?/s;')
    state.now += 2_000
    const { epoch, state: open } = aSegment(0, 0)
    await replaceChunk(ledger, aSegment(0, 100), { epoch, state: open })
    expect(await line()).toContain('; 50/s;')
  })

  test('a halted verification shows where it stopped', async () => {
    const { line } = await setUp({ phase: 'Verify', state: 'stopped', because: 'halted', reason: 'no', verification }, [
      ...copied,
      ...aWalk('verify.2', { read: 300 }),
    ])
    expect(await line()).toMatch(/^Halted: 300\/300 100%/)
  })

  test('the time taken leaves out what lies between a halt and its resume', async () => {
    const phases: RunRecord['phases'] = [
      { phase: 'Copy', at: start + 5_000 },
      { phase: 'Halted', at: start + 15_000 },
      { phase: 'Copy', at: start + 600_000 },
      { phase: 'Verify', at: start + 610_000 },
      { phase: 'Finished', at: start + 630_000 },
    ]
    const walks = [...copied, ...aWalk('verify.1', {}), ...aWalk('orphans.1', {})]
    const { line } = await setUp({ phase: 'Finished', state: 'finished', endedAt: start + 630_000, phases }, walks)
    expect(await line()).toBe('Finished: 1000/1000 100%; 50/s on average; chunks 2/2 done; took 45s')
  })
})
