import { describe, expect, it } from 'vitest'
import { DynamoDbError, type DynamoDbErrorCode } from '../../shared/dynamodb/errors.ts'
import { retryingLedger } from '../../shared/ledger/retrying-ledger.ts'
import type { LedgerTable, Put } from '../../shared/ledger/table.ts'
import type { EngineEvent } from '../../shared/runtime/events.ts'
import type { Runtime } from '../../shared/runtime/ports.ts'
import { memoryLedgerTable } from '../memory/ledger-table.ts'
import { ledgerContract } from './ledger-contract.ts'

interface Fault {
  code: DynamoDbErrorCode
  /** The call took effect and only its answer was lost. */
  applied?: boolean
}

/** A ledger whose calls fail as told, one fault a call, and then work; `meanwhile` happens after each fault. */
function faulty(ledger: LedgerTable, faults: Fault[], meanwhile?: () => Promise<unknown>): LedgerTable {
  const call = async <T>(work: () => Promise<T>): Promise<T> => {
    const fault = faults.shift()
    if (!fault) return work()
    if (fault.applied) await work()
    await meanwhile?.()
    throw new DynamoDbError(fault.code, 'as told')
  }
  return {
    get: (pk, sk) => call(() => ledger.get(pk, sk)),
    query: (pk, prefix, page) => call(() => ledger.query(pk, prefix, page)),
    commit: (puts) => call(() => ledger.commit(puts)),
  }
}

function testRuntime(events: EngineEvent[] = []): Runtime {
  return { clock: () => 0, sleep: async () => {}, random: () => 0.5, emit: (event) => events.push(event) }
}

const split: Put[] = [
  { row: { pk: 'RUN', sk: 'parent', epoch: 2, note: undefined }, expect: { epoch: 1 } },
  { row: { pk: 'RUN', sk: 'child' }, expect: 'absent' },
]

async function ledgerAtEpoch1(): Promise<LedgerTable> {
  const ledger = memoryLedgerTable()
  await ledger.commit([{ row: { pk: 'RUN', sk: 'parent', epoch: 1 }, expect: 'any' }])
  return ledger
}

ledgerContract('retrying, with a lost answer before every call,', async () => {
  const memory = memoryLedgerTable()
  let turn = 0
  const faults = { shift: () => (turn++ % 2 ? undefined : { code: 'unavailable', applied: true }) } as Fault[]
  return retryingLedger(faulty(memory, faults), testRuntime())
})

describe('a retrying ledger', () => {
  it.each<DynamoDbErrorCode>(['conflict', 'throttled', 'unavailable'])(
    'asks again after %s, and says so',
    async (code) => {
      const events: EngineEvent[] = []
      const ledger = retryingLedger(faulty(await ledgerAtEpoch1(), [{ code }, { code }]), testRuntime(events))
      expect(await ledger.commit(split)).toBe(true)
      expect(events).toMatchObject([
        { code: 'retry.waiting', operation: 'commit ledger', attempt: 1, reason: code },
        { code: 'retry.waiting', operation: 'commit ledger', attempt: 2, reason: code },
      ])
    },
  )

  it('asks again for reads', async () => {
    const ledger = retryingLedger(
      faulty(await ledgerAtEpoch1(), [{ code: 'throttled' }, { code: 'unavailable' }]),
      testRuntime(),
    )
    expect(await ledger.get('RUN', 'parent')).toMatchObject({ epoch: 1 })
    expect(await ledger.query('RUN', '')).toHaveLength(1)
  })

  it('throws at once what will not pass by itself', async () => {
    const ledger = retryingLedger(faulty(await ledgerAtEpoch1(), [{ code: 'access-denied' }]), testRuntime())
    await expect(ledger.commit(split)).rejects.toMatchObject({ code: 'access-denied' })
  })

  it('gives up in the end, with the last error', async () => {
    const faults = Array.from({ length: 100 }, (): Fault => ({ code: 'unavailable' }))
    await expect(
      retryingLedger(faulty(await ledgerAtEpoch1(), faults), testRuntime()).commit(split),
    ).rejects.toMatchObject({
      code: 'unavailable',
    })
  })

  it('recognises a commit of its own whose answer was lost', async () => {
    const memory = await ledgerAtEpoch1()
    const lost = retryingLedger(
      faulty(memory, [{ code: 'unavailable', applied: true }, { code: 'conflict' }]),
      testRuntime(),
    )
    expect(await lost.commit(split)).toBe(true)
    expect(await memory.get('RUN', 'parent')).toEqual({ pk: 'RUN', sk: 'parent', epoch: 2 })
  })

  it('does not take the commit of another for its own', async () => {
    const memory = await ledgerAtEpoch1()
    const other: Put[] = [{ row: { pk: 'RUN', sk: 'parent', epoch: 2, by: 'another' }, expect: { epoch: 1 } }]
    const ledger = retryingLedger(
      faulty(memory, [{ code: 'unavailable' }], () => memory.commit(other)),
      testRuntime(),
    )
    expect(await ledger.commit(split)).toBe(false)
  })

  it('does not take rows for its own when no answer was lost', async () => {
    const memory = await ledgerAtEpoch1()
    const ledger = retryingLedger(
      faulty(memory, [{ code: 'throttled' }], () => memory.commit(split)),
      testRuntime(),
    )
    expect(await ledger.commit(split)).toBe(false)
  })
})
