import { describe, expect, it } from 'vitest'
import { DynamoDbError, type DynamoDbErrorCode } from '../../../../shared/dynamodb/errors.ts'
import type { Table } from '../../../../shared/dynamodb/ports.ts'
import { retrying } from '../../../../shared/dynamodb/retrying-table.ts'
import { readControl, writeControl } from '../../../../shared/ledger/control.ts'
import type { RunRecord } from '../../../../shared/ledger/runs.ts'
import type { LedgerTable } from '../../../../shared/ledger/table.ts'
import { openPass } from '../../../../shared/passes/open-pass.ts'
import type { SliceEngine } from '../../../../shared/passes/slice/engine.ts'
import type { Ask } from '../../../../shared/runtime/retry.ts'
import { fill, runId, world } from './world.ts'

/** A planned segment of 1,000 items, and a slice of it whose source fails from its n-th read on. */
async function failing(code: DynamoDbErrorCode, from: number) {
  const w = world({ itemMs: 1 })
  fill(w, 0, 1_000)
  await w.plan()
  let reads = 0
  const attempt = (more: Partial<SliceEngine> = {}) => {
    const pass = w.engine().openPass({ id: runId } as RunRecord, 'copy', async () => {})
    const scan: Table['scan'] = (request) =>
      ++reads >= from ? Promise.reject(new DynamoDbError(code, 'as told')) : pass.table.scan(request)
    return w.slice('s00000', { openPass: () => ({ ...pass, table: { ...pass.table, scan } }), ...more })
  }
  return { ...w, attempt }
}

describe('A slice whose tables fail for long', () => {
  it.each(['throttled', 'unavailable', 'conflict'] as const)(
    'has got further before, and is asked to go on: %s',
    async (code) => {
      const w = await failing(code, 4)
      expect(await w.attempt()).toEqual({ outcome: 'more' })
      expect(w.events).toContainEqual({ code: 'slice.interrupted', run: runId, chunk: 's00000', reason: code })
      const [chunk] = await w.chunks()
      expect(chunk).toMatchObject({ state: 'open', tallies: { read: w.destination.size } })
      expect(w.destination.size).toBeGreaterThan(0)
      expect(chunk?.deadline).toBeUndefined()
    },
  )

  it('has failed where it got no further, in whichever slice', async () => {
    const w = await failing('throttled', 4)
    await w.attempt()
    await expect(w.attempt()).rejects.toThrow('as told')
    const [chunk] = await w.chunks()
    expect(chunk).toMatchObject({ state: 'open', slices: 2, tallies: { read: w.destination.size } })
  })

  it('has failed where asking again is of no use, however far it got', async () => {
    const w = await failing('access-denied', 4)
    await expect(w.attempt()).rejects.toThrow('as told')
    expect((await w.chunks())[0]?.tallies.read).toBeGreaterThan(0)
  })

  it('has done the chunk where only saying so had failed at first', async () => {
    const w = await failing('throttled', Number.POSITIVE_INFINITY)
    let refused = false
    const ledger: LedgerTable = {
      get: (pk, sk) => w.ledger.get(pk, sk),
      query: (...asked) => w.ledger.query(...asked),
      async commit(puts) {
        if (refused || puts[0]?.row.state !== 'done') return w.ledger.commit(puts)
        refused = true
        throw new DynamoDbError('unavailable', 'the ledger')
      },
    }
    expect(await w.attempt({ ledger })).toEqual({ outcome: 'done' })
    expect(refused).toBe(true)
    expect((await w.chunks())[0]).toMatchObject({ state: 'done', tallies: { read: 1_000, written: 1_000 } })
  })

  it('has failed where what it did could not be kept', async () => {
    const w = await failing('throttled', 4)
    let commits = 0
    const ledger: LedgerTable = {
      get: (pk, sk) => w.ledger.get(pk, sk),
      query: (...asked) => w.ledger.query(...asked),
      // The first is that of its start.
      commit: (puts) =>
        commits++ > 0 ? Promise.reject(new DynamoDbError('unavailable', 'the ledger')) : w.ledger.commit(puts),
    }
    await expect(w.attempt({ ledger })).rejects.toThrow('as told')
    expect(w.events.map((event) => event.code)).not.toContain('slice.interrupted')
  })

  it.each(['abort', 'fence'] as const)('tries no more once its lease ends: %s', async (how) => {
    const w = world({ itemMs: 1, sliceMs: 60_000 })
    fill(w, 0, 1_000)
    await w.plan()
    let writes = 0
    const throttled: Table = Object.assign(Object.create(w.destination) as Table, {
      async put() {
        if (++writes === 4) {
          const control = await readControl(w.ledger, runId)
          const next = how === 'abort' ? { ...control, command: how } : { ...control, fence: 2 }
          await writeControl(w.ledger, runId, control, next)
          // What the ledger said is believed for five seconds.
          w.pass(6_000)
        }
        throw new DynamoDbError('throttled', 'as told')
      },
    })
    const open = (name: string, _: unknown, ask: Ask) =>
      name === 'source' ? w.source : retrying(throttled, w.runtime, ask)
    const passes = { ledger: w.ledger, runtime: w.runtime, open, migrations: [], sliceMs: 60_000 }
    const slice = w.slice('s00000', {
      openPass: (run, pass, ask) => openPass(run, pass, ask, passes),
    })
    await expect(slice).resolves.toEqual({ outcome: 'stopped', reason: how === 'abort' ? 'aborted' : 'fenced' })
    // The next page may just have been permitted.
    expect(writes).toBeLessThan(6)
    expect((await w.chunks())[0]?.deadline).toBeUndefined()
    await expect(w.slice('s00000')).resolves.toMatchObject({ outcome: 'stopped' })
  })
})
