import { expect, it } from 'vitest'
import { getChunk } from '../../../../shared/ledger/chunks.ts'
import { readControl, writeControl } from '../../../../shared/ledger/control.ts'
import type { LedgerTable } from '../../../../shared/ledger/table.ts'
import { startSlice } from '../../../../shared/passes/slice/start.ts'
import { migrationsOf } from '../../../code.ts'
import { runId, world } from './world.ts'

it('a late slice leaves a chunk alone that a slice of a newer lease has claimed since it read the fence', async () => {
  const w = world()
  await w.plan()
  const start = (ledger: LedgerTable, fence: number) =>
    startSlice(ledger, { run: runId, pass: 'copy', chunk: 's00000', fence }, migrationsOf(), 1_000, 2_000)
  let overtaken = false
  const late: LedgerTable = {
    query: (...list) => w.ledger.query(...list),
    commit: (puts) => w.ledger.commit(puts),
    async get(pk, sk) {
      if (sk.startsWith('CHUNK#') && !overtaken) {
        overtaken = true
        const control = await readControl(w.ledger, runId)
        await writeControl(w.ledger, runId, control, { ...control, fence: 2 })
        expect(await start(w.ledger, 2)).toMatchObject({ kind: 'started' })
      }
      return w.ledger.get(pk, sk)
    },
  }
  expect(await start(late, 1)).toEqual({ kind: 'ended', outcome: { outcome: 'stopped', reason: 'fenced' } })
  expect(overtaken).toBe(true)
  // The slice of the newer lease is not fenced by it.
  expect(await getChunk(w.ledger, runId, 'copy', 's00000')).toMatchObject({ epoch: 1, fence: 2 })
})
