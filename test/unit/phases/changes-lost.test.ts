import { expect, it } from 'vitest'
import { beginCapture, type Capture, endCapture } from '../../../shared/ledger/capture.ts'
import { changeControl, withCommand, writeControl } from '../../../shared/ledger/control.ts'
import { type Lag, writeLag } from '../../../shared/ledger/lag.ts'
import { createRun, type RunRecord } from '../../../shared/ledger/runs.ts'
import { continuable, refuseWhileAborting } from '../../../shared/phases/last-run.ts'
import { memoryLedgerTable } from '../../memory/ledger-table.ts'

const hour = 3_600_000
const now = 1_000_000 * hour
const run = {
  ...{ id: 'r', state: 'stopped', because: 'halted', phase: 'Copy', source: 's', destination: 'd', codeHash: 'code' },
  ...{ schema: { pk: { name: 'pk', type: 'S' } }, pending: [], segments: 1, split: true, offline: false },
  ...{ planned: false, execution: 'one', fence: 4, startedAt: now - 100 * hour },
} as RunRecord
const engineOf = (ledger: ReturnType<typeof memoryLedgerTable>) => ({ ledger, destination: 'd', clock: () => now })

/** A stopped run that began to capture a hundred hours ago. */
async function stopped(change: { since?: number; off?: number; lag?: Partial<Lag>; run?: object } = {}) {
  const ledger = memoryLedgerTable()
  const record = { ...run, ...change.run }
  await createRun(ledger, record)
  await writeControl(ledger, 'r', undefined, { command: 'run', fence: 5 })
  const capture: Capture = { since: change.since ?? now - 100 * hour, stream: 'stream' }
  await beginCapture(ledger, 'r', capture)
  if (change.off !== undefined) await endCapture(ledger, 'r', change.off)
  if (change.lag) await writeLag(ledger, 'r', { seconds: 0, guard: 'ok', at: now, ...change.lag })
  return { ledger, resume: (request = {}) => continuable(record, request, engineOf(ledger)) }
}

it.each<[string, Parameters<typeof stopped>[0]]>([
  ['turned off 23 hours ago', { off: now - 23 * hour }],
  ['turned off 22 hours ago, an hour behind', { off: now - 22 * hour, lag: { seconds: 3_600, at: now - 22 * hour } }],
  [
    'found stopped an hour ago, and 22 hours behind',
    { lag: { stopped: 'turned off', seconds: 22 * 3_600, at: now - hour } },
  ],
  ['applied, as far as is known, though last measured two days ago', { lag: { at: now - 48 * hour } }],
  ['turned off just after they had begun', { since: now - hour, off: now - hour, lag: { seconds: 90_000 } }],
])('A run is resumed whose live changes were %s', async (_, change) => {
  const { resume } = await stopped(change)
  await expect(resume()).resolves.toMatchObject({ id: 'r' })
})

it.each<[string, Parameters<typeof stopped>[0]]>([
  ['turned off for longer', { off: now - 23 * hour - 1 }],
  ['turned off 22 hours ago, two hours behind', { off: now - 22 * hour, lag: { seconds: 7_200, at: now - 22 * hour } }],
  ['found stopped for a day', { lag: { stopped: 'code changed', seconds: 24 * 3_600, at: now } }],
])('A run is not resumed, before anything is written, whose live changes were %s', async (_, change) => {
  const { resume } = await stopped(change)
  await expect(resume()).rejects.toMatchObject({ code: 'changes-lost', message: expect.stringContaining('24 hours') })
})

it('An offline run, and a verification, are not asked for live changes', async () => {
  const off = now - 50 * hour
  await expect((await stopped({ off, run: { offline: true } })).resume()).resolves.toMatchObject({ id: 'r' })
  const finished = await stopped({ off, run: { state: 'finished' } })
  await expect(finished.resume({ only: 'verify' })).resolves.toMatchObject({ id: 'r' })
})

it('A run that is being aborted is not resumed, nor another begun, until that is announced', async () => {
  const { ledger, resume } = await stopped()
  await changeControl(ledger, 'r', (control) => withCommand(control, 'abort', { verb: 'abort', at: 1 }))
  await expect(resume()).rejects.toMatchObject({ code: 'told-to-stop' })
  await expect(refuseWhileAborting(run, ledger)).rejects.toMatchObject({ code: 'told-to-stop' })
  await expect(refuseWhileAborting({ ...run, state: 'aborted' }, ledger)).resolves.toBeUndefined()
  await expect(refuseWhileAborting({ ...run, state: 'finished' }, ledger)).resolves.toBeUndefined()
})
