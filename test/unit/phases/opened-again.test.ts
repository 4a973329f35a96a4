import { expect, it } from 'vitest'
import { coverageOf, graceMs, quietAfter } from '../../../shared/facts/coverage.ts'
import { type ChunkRecord, createChunks, getChunk } from '../../../shared/ledger/chunks.ts'
import { writeControl } from '../../../shared/ledger/control.ts'
import { createRun } from '../../../shared/ledger/runs.ts'
import { startSlice } from '../../../shared/passes/slice/start.ts'
import { failChunk } from '../../../shared/phases/fail-chunk.ts'
import { planPass } from '../../../shared/phases/plan-pass.ts'
import { migrationsOf } from '../../code.ts'
import { memoryLedgerTable } from '../../memory/ledger-table.ts'
import { aRun, aSegment } from '../cli/fixtures.ts'

const run = aRun({ state: 'running', phase: 'Copy', planned: true, segments: 1 })
const runtime = { clock: () => 1_000, sleep: async () => {}, random: () => 0, emit: () => {} }
const task = { run: run.id, pass: 'copy', chunk: 's00000', fence: 1 } as const

/** A chunk that failed while a write of its last slice was still under way, and its run was resumed. */
async function openedAgain(change: Partial<ChunkRecord>) {
  const ledger = memoryLedgerTable()
  await createRun(ledger, run)
  await writeControl(ledger, run.id, undefined, { command: 'run', fence: 1 })
  await createChunks(ledger, [aSegment(0, 600, { state: 'open', fence: 1, ...change })])
  const before = (await getChunk(ledger, run.id, 'copy', 's00000'))!
  await failChunk({ ...task, reason: 'its tables failed' }, { ledger, runtime })
  const manifests = { write: async (key: string) => ({ bucket: 'b', key }) }
  await planPass({ run: run.id, fence: 1, kind: 'copy' }, { ledger, runtime, manifests })
  const read = async () => (await getChunk(ledger, run.id, 'copy', 's00000'))!
  return { ledger, before, read }
}

const quietOf = (chunk: ChunkRecord) => quietAfter(coverageOf([chunk], 1))

it('a chunk that failed and is opened again keeps its cursor, its tallies and the deadline of the slice that hung', async () => {
  const { before, read } = await openedAgain({ deadline: 5_000, cursor: { pk: { S: 'a' } } })
  const { reason, ...again } = await read()
  expect(reason).toBeUndefined()
  const { chunk, cursor, tallies, deadline } = before
  expect(again).toMatchObject({ state: 'open', chunk, cursor, tallies, deadline })
  expect(quietOf(again)).toBe(5_000 + graceMs)
})

it.each([
  ['the last one', { deadline: 5_000 }],
  ['one before it', { deadline: 4_000, undrained: 5_000 }],
  ['the last one, after another', { deadline: 5_000, undrained: 4_000 }],
])('its next slice remembers the latest deadline of the slices before it: %s', async (_, change) => {
  const { ledger, read } = await openedAgain(change)
  const { kind } = await startSlice(ledger, task, migrationsOf(run.codeHash), 2_000, 3_000)
  expect(kind).toBe('started')
  const { deadline: _ended, ...drained } = await read()
  expect(quietOf(drained)).toBe(5_000 + graceMs)
})
