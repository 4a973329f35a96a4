import { expect, test } from 'vitest'
import { notePhase } from '../../../shared/facts/phase.ts'
import type { Phase } from '../../../shared/ledger/passes.ts'
import { updateRun } from '../../../shared/ledger/runs.ts'
import { recordTransitions } from '../../../shared/phases/record-transitions.ts'
import { memoryAuditLog } from '../../memory/audit-log.ts'
import { memoryLedgerTable } from '../../memory/ledger-table.ts'
import { aRun, start, store } from '../cli/fixtures.ts'

async function setUp() {
  const [ledger, audit] = [memoryLedgerTable(), memoryAuditLog()]
  await store(ledger, aRun(), [])
  const enter = (phase: Phase, at: number, run = 'run00001') =>
    updateRun(ledger, run, (before) => notePhase(before, phase, start + at))
  const recorded = () => audit.rows().map(({ run, what, at }) => `${run} ${what} ${at - start}`)
  return { ledger, audit, enter, recorded, record: () => recordTransitions(ledger, 'beta', audit) }
}

test('each phase that a run has entered is recorded once, with its time, whenever that is', async () => {
  const { enter, recorded, record, audit } = await setUp()
  await enter('Capture', 1)
  await enter('Copy', 2)
  await Promise.all([record(), record()])
  await enter('Drain', 3)
  await record()
  await record()
  expect(recorded()).toEqual(['run00001 Capture 1', 'run00001 Copy 2', 'run00001 Drain 3'])
  expect(audit.rows()[0]).toMatchObject({ event: 'entered', execution: 'arn:run:one' })
})

test('why a run has stopped is recorded with its last phase', async () => {
  const { ledger, record, audit } = await setUp()
  await updateRun(ledger, 'run00001', (run) => ({ ...notePhase(run, 'Halted', start), reason: 'a chunk failed' }))
  await record()
  expect(audit.rows()).toMatchObject([{ what: 'Halted', why: 'a chunk failed' }])
})

test('the end of a run is recorded although another one has begun since', async () => {
  const { ledger, enter, recorded, record } = await setUp()
  await enter('Copy', 1)
  await record()
  await enter('Finished', 2)
  await store(ledger, aRun({ id: 'run00002' }), [])
  await enter('Capture', 3, 'run00002')
  await record()
  expect(recorded()).toEqual(['run00001 Copy 1', 'run00001 Finished 2', 'run00002 Capture 3'])
})

test('phases that a row no longer holds are not recorded twice, and later ones are', async () => {
  const { enter, recorded, record } = await setUp()
  await enter('Finished', 0)
  for (let i = 1; i <= 199; i++) await enter(i % 2 ? 'Verify' : 'Finished', i)
  await record()
  for (let i = 200; i <= 210; i++) await enter(i % 2 ? 'Verify' : 'Finished', i)
  await record()
  const times = recorded().map((line) => Number(line.split(' ').at(-1)))
  expect(new Set(times).size).toBe(times.length)
  expect(times.at(-1)).toBe(210)
  expect(times.length).toBeGreaterThan(200)
})
