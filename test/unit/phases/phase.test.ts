import { expect, it } from 'vitest'
import { enterPhase } from '../../../shared/facts/phase.ts'
import { createRun, getRun, type RunRecord } from '../../../shared/ledger/runs.ts'
import { captureRun } from '../../../shared/phases/capture.ts'
import { planPass } from '../../../shared/phases/plan-pass.ts'
import type { EngineEvent } from '../../../shared/runtime/events.ts'
import { memoryLedgerTable } from '../../memory/ledger-table.ts'

const finished: RunRecord = {
  id: 'r',
  state: 'finished',
  phase: 'Finished',
  source: 'source',
  destination: 'destination',
  schema: { pk: { name: 'pk', type: 'S' } },
  codeHash: 'code',
  pending: [],
  segments: 1,
  split: true,
  offline: true,
  planned: true,
  verification: { number: 1, ended: true },
  execution: 'execution',
  fence: 1,
  startedAt: 0,
}

function world() {
  const events: EngineEvent[] = []
  const ledger = memoryLedgerTable()
  const emit = (event: EngineEvent) => void events.push(event)
  return { ledger, events, runtime: { clock: () => 1, sleep: async () => {}, random: () => 0, emit } }
}

it('notes a phase once, however often it is entered', async () => {
  const { ledger, events, runtime } = world()
  await createRun(ledger, { ...finished, state: 'running', phase: 'Copy' })
  for (let i = 0; i < 3; i++) await enterPhase({ run: 'r', fence: 1 }, 'Drain', { ledger, runtime })
  expect(await getRun(ledger, 'r')).toMatchObject({ phase: 'Drain', phases: [{ phase: 'Drain', at: 1 }] })
  expect(events).toEqual([{ code: 'run.phase', run: 'r', phase: 'Drain' }])
})

it('begins no other verification when planning one is delivered again after the run has finished', async () => {
  const { ledger, events, runtime } = world()
  await createRun(ledger, finished)
  const manifests = { write: async (key: string) => ({ bucket: 'b', key }) }
  const planned = await planPass({ run: 'r', fence: 1, kind: 'verify' }, { ledger, runtime, manifests })
  expect(planned).toMatchObject({ outcome: 'halted', error: 'fenced' })
  expect(await getRun(ledger, 'r')).toEqual(finished)
  expect(events).toEqual([])
})

it('is left alone by a late delivery of an execution before, such as of planning copy while a finished run is verified', async () => {
  const { ledger, events, runtime } = world()
  const verifying = { ...finished, state: 'running', phase: 'Verify', fence: 2 } as const
  await createRun(ledger, verifying)
  await enterPhase({ run: 'r', fence: 1 }, 'Copy', { ledger, runtime })
  expect(await getRun(ledger, 'r')).toEqual(verifying)
  expect(events).toEqual([])
})

it('turns no live changes on by a late delivery, which somebody may have turned off since', async () => {
  const { ledger, runtime } = world()
  await createRun(ledger, finished)
  const mapping = { state: async () => 'Disabled' as const, set: () => Promise.reject(new Error('Expected nobody to')) }
  const stream = { arn: 'arn:stream', shards: async () => ({ shards: [], enabled: true }) }
  const engine = { ledger, runtime, stream, mapping, clock: runtime.clock, slackMs: 0 }
  expect(await captureRun({ run: 'r', fence: 1 }, engine)).toMatchObject({ outcome: 'halted', error: 'fenced' })
})
