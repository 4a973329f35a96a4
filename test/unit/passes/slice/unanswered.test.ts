import { expect, it } from 'vitest'
import { DynamoDbError } from '../../../../shared/dynamodb/errors.ts'
import type { Table, WriteResult } from '../../../../shared/dynamodb/ports.ts'
import type { RawItem } from '../../../../shared/dynamodb/raw-item.ts'
import { retrying } from '../../../../shared/dynamodb/retrying-table.ts'
import { sendAll } from '../../../../shared/dynamodb/sdk/calls.ts'
import { lastDeadlineOf } from '../../../../shared/facts/coverage.ts'
import { openPass } from '../../../../shared/passes/open-pass.ts'
import type { Ask } from '../../../../shared/runtime/retry.ts'
import { fill, world } from './world.ts'

/** A slice whose first write fails with this code, and lands nevertheless. */
async function slice(code: 'unavailable' | 'throttled') {
  const w = world()
  fill(w, 0, 100)
  await w.plan()
  let failed: number | undefined
  const failing = (table: Table, ask: Ask): Table => {
    const send = async (items: RawItem[]): Promise<WriteResult[]> => {
      const results = await table.put(items)
      if (failed !== undefined) return results
      failed = w.engine().runtime.clock()
      throw new DynamoDbError(code, 'as told')
    }
    const court = { alone: async () => 'retry' as const, probe: async () => true }
    const put = (items: RawItem[]) =>
      sendAll(items.length, [{ positions: [...items.keys()], send: () => send(items) }], court, ask)
    return { ...table, name: table.name, schema: table.schema, put }
  }
  const { runtime, ledger, sliceMs } = w.engine()
  const open = (name: string, _: unknown, ask: Ask) =>
    name === 'source' ? w.source : retrying(failing(w.destination, ask), runtime, ask)
  const passes = { ledger, runtime, open, migrations: [], sliceMs }
  const outcome = await w.slice('s00000', { openPass: (run, pass, ask) => openPass(run, pass, ask, passes) })
  const [chunk] = await w.chunks()
  return { outcome, chunk: chunk!, failed }
}

it('A slice that is done says when a write of it got no answer: the first attempt may land after the second', async () => {
  const { outcome, chunk, failed } = await slice('unavailable')
  expect(outcome).toEqual({ outcome: 'done' })
  expect(chunk.deadline).toBeUndefined()
  expect(lastDeadlineOf(chunk)).toBe(failed)
})

it('A write that was refused has not landed and never will', async () => {
  const { outcome, chunk } = await slice('throttled')
  expect(outcome).toEqual({ outcome: 'done' })
  expect(lastDeadlineOf(chunk)).toBe(0)
})
