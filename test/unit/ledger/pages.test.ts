import { expect, it } from 'vitest'
import { DynamoDbError } from '../../../shared/dynamodb/errors.ts'
import { eachPage } from '../../../shared/ledger/pages.ts'
import { retryingLedger } from '../../../shared/ledger/retrying-ledger.ts'
import type { LedgerTable } from '../../../shared/ledger/table.ts'
import { memoryLedgerTable } from '../../memory/ledger-table.ts'

/** A ledger with so many rows under one key that loses every second answer. */
async function forgetful(rows: number): Promise<LedgerTable> {
  const memory = memoryLedgerTable()
  const sks = Array.from({ length: rows }, (_, n) => `${n}`.padStart(5, '0'))
  for (const sk of sks) await memory.commit([{ row: { pk: 'LIST', sk }, expect: 'any' }])
  let asked = 0
  const lossy: LedgerTable = {
    get: (...of) => memory.get(...of),
    commit: (puts) => memory.commit(puts),
    async query(...of) {
      const answer = await memory.query(...of)
      if (asked++ % 2 === 0) throw new DynamoDbError('unavailable', 'the answer was lost')
      return answer
    },
  }
  return retryingLedger(lossy, { clock: () => 0, random: () => 0, sleep: async () => {}, emit: () => {} })
}

it.each([0, 1, 999, 1_000, 1_001, 2_500])(
  'each of %i rows is handed over once and in order, whatever is asked again',
  async (rows) => {
    const seen: string[] = []
    await eachPage(await forgetful(rows), 'LIST', (page) => void seen.push(...page.map(({ sk }) => sk)))
    expect(seen).toEqual(Array.from({ length: rows }, (_, n) => `${n}`.padStart(5, '0')))
  },
)
