import { expect, it } from 'vitest'
import { writeControl } from '../../../shared/ledger/control.ts'
import { rememberHeavy } from '../../../shared/ledger/heavy.ts'
import { createRun } from '../../../shared/ledger/runs.ts'
import { planPass } from '../../../shared/phases/plan-pass.ts'
import { memoryLedgerTable } from '../../memory/ledger-table.ts'
import { aRun } from '../cli/fixtures.ts'

it('A manifest begins with the whole keys, and chunks that are begun together lie in different parts of the table', async () => {
  const run = aRun({ state: 'running', phase: 'Copy', planned: false, split: true, segments: 8 })
  const runtime = { clock: () => 1_000, sleep: async () => {}, random: () => 0, emit: () => {} }
  const ledger = memoryLedgerTable()
  await createRun(ledger, run)
  await writeControl(ledger, run.id, undefined, { command: 'run', fence: 1 })
  for (const pk of ['a', 'b'])
    await rememberHeavy(ledger, run.source, { pk: { S: pk }, items: 5_000_000, run: run.id, seenAt: 1 })
  let listed: string[] = []
  const manifests = {
    write: async (key: string, items: { chunk: string }[]) => {
      listed = items.map(({ chunk }) => chunk)
      return { bucket: 'b', key }
    },
  }
  await planPass({ run: run.id, fence: 1, kind: 'copy' }, { ledger, runtime, manifests })
  const segments = [0, 4, 2, 6, 1, 5, 3, 7].map((segment) => `s0000${segment}`)
  expect(listed).toEqual(['k00000', 'k00001', ...segments])
})
