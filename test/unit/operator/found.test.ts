import { describe, expect, test } from 'vitest'
import { exitCodeOfReport, exitCodeOfRun } from '../../../cli/exit-codes.ts'
import { recordDifferences } from '../../../shared/ledger/differences.ts'
import { quarantineShardPk } from '../../../shared/ledger/keys.ts'
import { quarantine } from '../../../shared/ledger/quarantine.ts'
import { buildReport } from '../../../shared/operator/report/build.ts'
import { progressLine } from '../../../shared/operator/status/line.ts'
import { track } from '../../../shared/operator/status/rate-and-eta.ts'
import { readProgress } from '../../../shared/operator/status/read.ts'
import { finishRun } from '../../../shared/phases/finish.ts'
import { memoryLedgerTable } from '../../memory/ledger-table.ts'
import { aRun, aSegment, aWalk, start, store } from '../cli/fixtures.ts'

const key = { pk: { S: 'case|1' }, sk: { S: 'a' } }
const entry = { key, migration: 'm', reason: 'up threw', at: start }
const copied = [aSegment(0, 5, { state: 'done' }), aSegment(1, 5, { state: 'done' })]

/** Everything that says how a run ended, of one whose walks are done; something happens once Verify has passed. */
async function endings(
  verify: Parameters<typeof aWalk>[1],
  afterwards: (ledger: ReturnType<typeof memoryLedgerTable>) => Promise<unknown>,
) {
  const ledger = memoryLedgerTable()
  const run = aRun({ phase: 'Orphans', verification: { number: 1, ended: false } })
  await store(ledger, run, [...copied, ...aWalk('verify.1', verify), ...aWalk('orphans.1', {})])
  await afterwards(ledger)
  const runtime = { clock: () => start + 60_000, random: () => 0, sleep: async () => {}, emit: () => {} }
  const finish = await finishRun({ run: run.id, fence: 1 }, { ledger, runtime })
  const report = await buildReport(ledger, run.id)
  const engine = { ledger, describe: async () => ({ status: 'ended' as const }), clock: runtime.clock }
  const reading = await readProgress(engine, run.destination, {})
  if (reading.kind !== 'run') throw new Error('Expected a run')
  const { progress } = reading
  return {
    finish,
    verdict: report.verdict,
    line: progressLine(progress, track(undefined, progress), { keys: false }),
    codes: [exitCodeOfReport(report.verdict), exitCodeOfRun(progress.verdict)],
  }
}

const read = { read: 10, migrated: 10, produced: 10, present: 10 }

describe('Finish, the report, status and their exit codes say the same of a run', () => {
  test('that is clean', async () => {
    const { finish, verdict, codes } = await endings(read, async () => {})
    expect([finish, verdict, codes]).toEqual([{ outcome: 'finished', quarantined: 0, differences: 0 }, 'clean', [0, 0]])
  })

  test('of which a live change was set aside when verify had passed its item', async () => {
    const { finish, verdict, codes, line } = await endings(read, (ledger) => quarantine(ledger, 'run00001', [entry]))
    expect([finish, verdict, codes]).toEqual([
      { outcome: 'finished', quarantined: 1, differences: 0 },
      'quarantined',
      [4, 4],
    ])
    expect(line).toContain('chunks 2/2 done, 1 quarantined;')
  })

  test('of which everything was taken off the quarantine list', async () => {
    const { verdict, codes } = await endings(read, async (ledger) => {
      await quarantine(ledger, 'run00001', [entry])
      const row = ledger.rows().find(({ pk }) => pk.startsWith(quarantineShardPk('run00001', 0).slice(0, -2)))!
      await ledger.commit([{ row: { ...row, cleared: true }, expect: 'any' }])
    })
    expect([verdict, codes]).toEqual(['clean', [0, 0]])
  })

  test('of which verify met an item that cannot be migrated', async () => {
    const { verdict, codes } = await endings({ ...read, migrated: 9, quarantined: 1 }, async () => {})
    expect([verdict, codes]).toEqual(['quarantined', [4, 4]])
  })

  test('with differences, whatever is quarantined besides', async () => {
    const { finish, verdict, codes } = await endings({ ...read, present: 9, missing: 1 }, async (ledger) => {
      await quarantine(ledger, 'run00001', [entry])
      const missing = { kind: 'missing' as const, key, sources: [key], attributes: [], at: start }
      await recordDifferences(ledger, 'run00001', 1, [missing], {
        ...{ pass: 'verify.1', chunk: 's00000', epoch: 1, before: 0 },
      })
    })
    expect([finish, verdict, codes]).toEqual([
      { outcome: 'finished', quarantined: 1, differences: 1 },
      'differences',
      [6, 6],
    ])
  })
})
