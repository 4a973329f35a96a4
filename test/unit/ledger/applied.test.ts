import { describe, expect, it } from 'vitest'
import { readApplied, writeApplied } from '../../../shared/ledger/applied.ts'
import { createRun } from '../../../shared/ledger/runs.ts'
import { memoryLedgerTable } from '../../memory/ledger-table.ts'
import { aRun } from '../cli/fixtures.ts'

const beta = { name: 'beta', id: 'id-1' }
const anotherBeta = { name: 'beta', id: 'id-2' }

/** The row that an earlier version wrote, which has the table's name alone; and its run, whose tables may be known. */
async function older(tableIds?: { destination?: string }) {
  const ledger = memoryLedgerTable()
  const row = { pk: 'APPLIED#beta', sk: 'APPLIED', ids: ['old'], run: 'run00001' }
  await ledger.commit([{ row, expect: 'any' }])
  if (tableIds) await createRun(ledger, aRun({ tableIds }))
  return ledger
}

describe('the migrations that a table has been through', () => {
  it('are kept by its TableId: another table of that name has been through none', async () => {
    const ledger = memoryLedgerTable()
    await writeApplied(ledger, beta, ['first', 'second'], 'run00001')
    expect(await readApplied(ledger, beta)).toEqual(['first', 'second'])
    expect(await readApplied(ledger, anotherBeta)).toEqual([])
  })

  it('stay known of a table, whatever another of its name has been through since', async () => {
    const ledger = memoryLedgerTable()
    await writeApplied(ledger, beta, ['first'], 'run00001')
    await writeApplied(ledger, anotherBeta, ['first', 'second'], 'run00002')
    expect(await readApplied(ledger, beta)).toEqual(['first'])
  })

  it('are kept by name where a table has no TableId', async () => {
    const ledger = memoryLedgerTable()
    await writeApplied(ledger, { name: 'beta' }, ['first'], 'run00001')
    expect(await readApplied(ledger, { name: 'beta' })).toEqual(['first'])
    expect(await readApplied(ledger, { name: 'gamma' })).toEqual([])
  })

  it('are read from the row of an earlier version, by name, until there is one by TableId', async () => {
    const ledger = await older()
    expect(await readApplied(ledger, beta)).toEqual(['old'])
    await writeApplied(ledger, beta, ['old', 'new'], 'run00002')
    expect(await readApplied(ledger, beta)).toEqual(['old', 'new'])
  })

  it('are not read from that row where its run is known to have filled another table of the name', async () => {
    const ledger = await older({ destination: 'id-1' })
    expect(await readApplied(ledger, beta)).toEqual(['old'])
    expect(await readApplied(ledger, anotherBeta)).toEqual([])
    expect(await readApplied(await older({}), anotherBeta)).toEqual(['old'])
  })
})
