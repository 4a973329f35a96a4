import { describe, expect, test } from 'vitest'
import type { ChunkRecord } from '../../../../shared/ledger/chunks.ts'
import { progressLine, waitingLine } from '../../../../shared/operator/status/line.ts'
import { type Track, track } from '../../../../shared/operator/status/rate-and-eta.ts'
import { type Progress, readProgress } from '../../../../shared/operator/status/read.ts'
import { memoryLedgerTable } from '../../../memory/ledger-table.ts'
import { aRange, aRun, aSegment, aWalk, hotKey, start, store } from '../../cli/fixtures.ts'

async function at(
  now: number,
  chunks: ChunkRecord[],
  { run = aRun(), expected }: { run?: ReturnType<typeof aRun>; expected?: number } = {},
) {
  const ledger = memoryLedgerTable()
  await store(ledger, run, chunks)
  const engine = { ledger, describe: async () => ({ status: 'running' as const }), clock: () => now }
  const reading = await readProgress(engine, 'beta', { expect: async () => expected })
  if (reading.kind !== 'run') throw new Error(reading.kind)
  return reading.progress
}

function line(...looks: Progress[]): string {
  let seen: Track | undefined
  for (const progress of looks) seen = track(seen, progress)
  const progress = looks.at(-1)!
  return [progressLine(progress, seen!, { keys: false }), waitingLine(progress, seen!)]
    .filter((each) => each !== undefined)
    .join('\n')
}

const deadline = start + 900_000

describe('the watch line', () => {
  test('shows items, rate, chunks and the time left', async () => {
    const before = await at(start, [aSegment(0, 100, { deadline }), aSegment(1, 0)], { expected: 1_000 })
    const after = await at(
      start + 10_000,
      [aSegment(0, 300, { deadline, updatedAt: start + 9_000 }), aSegment(1, 100, { state: 'done' })],
      {
        expected: 1_000,
      },
    )
    expect(line(before, after)).toBe('Copy: 400/1000 40.0%; 30/s; chunks 1/2 done, 1 at work; ETA 20s')
  })

  test('knows no rate and no time left at the first look', async () => {
    const first = await at(start, [aSegment(0, 100), aSegment(1, 0)], { expected: 1_000 })
    expect(line(first)).toMatch(/^Copy: 100\/1000 10\.0%; \?\/s; .*; ETA unknown$/)
  })

  test('never passes 100 % where the table holds more than its count said', async () => {
    const looks = [10_000, 20_000].map((ms) => at(start + ms, [aSegment(0, ms), aSegment(1, 0)], { expected: 1_000 }))
    const text = line(...(await Promise.all(looks)))
    expect(text).toContain("20000/? (more than the table's six-hour-old count of 1000)")
    expect(text).toContain('ETA unknown')
    expect(text).not.toContain('%')
  })

  test('says while the copy goes on that live changes are not applied, before they have been behind for long', async () => {
    const progress = await at(start, [aSegment(0, 1), aSegment(1, 0)])
    const lag = { seconds: 300, guard: 'ok', at: start, stopped: 'code changed' } as const
    expect(line({ ...progress, lag })).toContain('; live changes not applied for up to 5m 0s, code changed: deploy the')
  })

  test('does not say 100 % while a chunk is open, however near the count it is', async () => {
    const progress = await at(start, [aSegment(0, 99_999), aSegment(1, 0)], { expected: 100_000 })
    expect(line(progress)).toContain('99999/100000 99.9%')
  })

  test('says 100 % of what was read once the chunks cover the table, whatever the count said', async () => {
    const done = [aSegment(0, 70, { state: 'done' }), aSegment(1, 30, { state: 'done' })]
    const run = aRun({ state: 'finished', phase: 'Finished', endedAt: start + 10_000 })
    const walks = [...done, ...aWalk('verify.1', {}), ...aWalk('orphans.1', {})]
    const text = line(await at(start + 99_000, walks, { run, expected: 5_000 }))
    expect(text).toBe('Finished: 100/100 100%; 10/s on average; chunks 2/2 done; took 10s')
  })

  test('says that the count is unknown where the table gives none', async () => {
    expect(line(await at(start, [aSegment(0, 5), aSegment(1, 0)]))).toContain('5/? (count unknown)')
  })

  test('counts the ranges of a split key over all levels, and hides the key', async () => {
    const progress = await at(start, splitTwice())
    expect(line(progress)).toMatch(/chunks 1\/5 done, .*2 splits \(key #[0-9a-f]{6} in 3 ways\)/)
    expect(line(progress)).not.toContain('section-outbox')
    expect(progressLine(progress, track(undefined, progress), { keys: true })).toContain(
      '(section-outbox|docket in 3 ways)',
    )
  })

  test('measures the rate over the last minute only', async () => {
    const looks = [0, 30, 60, 90, 120].map((s) =>
      at(start + s * 1000, [aSegment(0, s <= 60 ? 0 : (s - 60) * 10, { updatedAt: start + s * 1000 }), aSegment(1, 0)]),
    )
    expect(line(...(await Promise.all(looks)))).toContain('; 10/s;')
  })
})

describe('the reason for waiting', () => {
  test('is absent while chunks change', async () => {
    const looks = [0, 20, 40].map((s) =>
      at(start + s * 1000, [aSegment(0, s, { updatedAt: start + s * 1000, deadline }), aSegment(1, 0)]),
    )
    expect(line(...(await Promise.all(looks)))).not.toContain('waiting')
  })

  test('says so when no slice is at work', async () => {
    const chunks = [aSegment(0, 10), aSegment(1, 0)]
    expect(line(await at(start, chunks), await at(start + 20_000, chunks))).toContain(
      'waiting: no slice at work for 20s',
    )
  })

  test('says how long slices have been silent and when they must be over', async () => {
    const chunks = [aSegment(0, 10, { deadline: start + 50_000 }), aSegment(1, 0)]
    expect(line(await at(start, chunks), await at(start + 20_000, chunks))).toContain(
      'waiting: no checkpoint for 20s from 1 slice: throttled, or dead and resumed within 30s',
    )
  })

  test('is that the chunks are being planned, before there are any', async () => {
    const run = aRun({ planned: false, phase: 'Lease' })
    expect(line(await at(start, [], { run }))).toContain('waiting: the chunks are being planned')
  })
})

/** Segment 0 split in two ranges, of which the second was split in two again. */
function splitTwice(): ChunkRecord[] {
  return [
    aSegment(0, 10, { state: 'split', splitKey: hotKey, children: ['s00000.0', 's00000.1', 's00000.2'] }),
    aSegment(0, 5, { id: 's00000.0' }),
    aRange('s00000.1', 20, { state: 'done' }),
    aRange('s00000.2', 30, { state: 'split', splitKey: hotKey, children: ['s00000.2.0', 's00000.2.1'] }),
    aRange('s00000.2.0', 1),
    aRange('s00000.2.1', 2),
    aSegment(1, 0),
  ]
}
