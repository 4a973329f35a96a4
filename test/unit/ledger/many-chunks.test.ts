import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { segmentsFor } from '../../../shared/chunks/segments.ts'
import { type ChunkRecord, newChunk, replaceChunk } from '../../../shared/ledger/chunks.ts'
import type { PassId } from '../../../shared/ledger/passes.ts'
import { createRun, getRun } from '../../../shared/ledger/runs.ts'
import type { LedgerTable, Row } from '../../../shared/ledger/table.ts'
import { beginQuiet } from '../../../shared/live/quiet.ts'
import { buildReport } from '../../../shared/operator/report/build.ts'
import { watchRun } from '../../../shared/operator/watch.ts'
import { checkPass } from '../../../shared/phases/check-pass.ts'
import { fenceEarlierRuns } from '../../../shared/phases/fence-earlier-runs.ts'
import { finishRun } from '../../../shared/phases/finish.ts'
import { haltRun } from '../../../shared/phases/halt.ts'
import { continuable } from '../../../shared/phases/last-run.ts'
import { planPass } from '../../../shared/phases/plan-pass.ts'
import { resumedRun } from '../../../shared/phases/resume.ts'
import { aRun, memoryWorld, start, store } from '../cli/fixtures.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Partitions are read eight at a time; the page that each asks for next comes on top. All of them would be 64 a pass. */
const mostPages = 16

/** A ledger that tells how many pages of chunk rows were held at once; a page is held while any of its rows is. */
function countingPages(inner: LedgerTable) {
  const pages: WeakRef<object>[][] = []
  let most = 0
  const ledger: LedgerTable = {
    get: (...asked) => inner.get(...asked),
    commit: (puts) => inner.commit(puts),
    async query(pk, prefix, page) {
      const rows = await inner.query(pk, prefix, page)
      if (!prefix.startsWith('CHUNK#')) return rows
      expect(page?.limit, 'chunks are read by the page').toBeLessThanOrEqual(1_000)
      pages.push(rows.map(({ tallies }) => new WeakRef(tallies as object)))
      if (pages.length % 5 > 0) return rows
      // What a promise has just handed on is held until the next turn.
      await new Promise(setImmediate)
      collect()
      most = Math.max(most, pages.filter((page) => page.some((row) => row.deref() !== undefined)).length)
      return rows
    },
  }
  return { ledger, pages, most: () => most }
}

const segments = 1_280

/** Every segment of a pass, done; 20 of them in each partition of the ledger. */
const done = (pass: PassId): ChunkRecord[] =>
  segmentsFor(segments).map(({ id, chunk }) => ({ ...newChunk('run00001', pass, id, chunk, start), state: 'done' }))

/** A run whose passes have ended, and which has yet to say so. */
async function many() {
  const { ledger: inner, world } = memoryWorld()
  const run = aRun({ segments, phase: 'Orphans', verification: { number: 1, ended: false } })
  await store(inner, run, [...done('copy'), ...done('verify.1'), ...done('orphans.1')])
  const counting = countingPages(inner)
  return { ...counting, world: { ...world, ledger: counting.ledger }, engine: { ...world, ledger: counting.ledger } }
}

type Many = Awaited<ReturnType<typeof many>>
const task = { run: 'run00001', fence: 1 }
const lease = { table: 'beta', held: true, run: 'run00001', execution: 'arn:run:two', fence: 2, since: start }

describe('of a run with more chunks than memory holds', () => {
  it.each<[string, (made: Many) => Promise<unknown>]>([
    ['Finish', ({ engine }) => finishRun(task, engine)],
    ['Check copy', ({ engine }) => checkPass({ ...task, kind: 'copy' }, engine)],
    ['Halt', ({ engine }) => haltRun({ ...task, error: 'phase-failed', cause: 'why' }, engine)],
    ['Settle', ({ engine }) => beginQuiet(task, engine)],
    ['a resume', ({ ledger }) => resumedRun(lease, { split: true, index: false }, ledger, () => start)],
    [
      'the refusal of a resume',
      async ({ ledger }) =>
        continuable(await getRun(ledger, 'run00001'), {}, { ledger, destination: 'beta', clock: () => 0 }),
    ],
    [
      'a new run that waits for it',
      async ({ ledger }) => {
        await createRun(ledger, aRun({ id: 'run00002' }))
        const held = { ...lease, fence: 1, execution: 'arn:run:one' }
        await fenceEarlierRuns(ledger, { ...held, superseded: ['run00001'] })
      },
    ],
    [
      'Plan',
      ({ engine }) =>
        planPass({ ...task, kind: 'copy' }, { ...engine, manifests: { write: async (key) => ({ bucket: '', key }) } }),
    ],
    ['a report', ({ ledger }) => buildReport(ledger, 'run00001')],
  ])('%s holds a page of each partition that it reads, and no more', async (_, work) => {
    const made = await many()
    await work(made)
    expect(made.pages.length).toBeGreaterThanOrEqual(64)
    expect(made.most()).toBeLessThanOrEqual(mostPages)
  })
})

describe('watching a run of 70,000 chunks', () => {
  it('reads all of them once, and then what was written since', async () => {
    const { ledger: inner, world } = memoryWorld()
    const all = segmentsFor(70_000)
    const chunks = all.map(({ id, chunk }) => newChunk('run00001', 'copy', id, chunk, start))
    await store(inner, aRun({ segments: all.length }), chunks)
    let bytes = 0
    const size = (rows: Row[]) => rows.reduce((sum, row) => sum + JSON.stringify(row).length, 0)
    const ledger: LedgerTable = {
      ...inner,
      get: (...asked) => inner.get(...asked),
      commit: (puts) => inner.commit(puts),
      async query(...asked) {
        const rows = await inner.query(...asked)
        bytes += size(rows)
        return rows
      },
    }
    const looks = watchRun({ ...world, ledger }, { everyMs: 5_000, giveUpMs: 60_000 })
    const next = async () => {
      bytes = 0
      const { value } = await looks.next()
      return { bytes, coverage: value?.kind === 'run' ? value.progress.coverage : undefined }
    }
    const first = await next()
    expect(first.bytes).toBeGreaterThan(20_000_000)
    expect(first.coverage).toMatchObject({ done: 0, open: 70_000 })
    for (let look = 1; look <= 3; look++) {
      const ended = chunks.slice((look - 1) * 40, look * 40)
      for (const chunk of ended) {
        const tallies = { ...chunk.tallies, read: 10 }
        const row = { ...chunk, tallies, epoch: 1, state: 'done', updatedAt: start + look * 5_000 } as const
        await replaceChunk(inner, row, { epoch: 0, state: 'open' })
      }
      const { bytes, coverage } = await next()
      expect(bytes).toBeLessThan(2_000_000)
      expect(coverage).toMatchObject({ done: look * 40, tallies: { read: look * 400 } })
    }
    await looks.return(undefined)
  })
})
