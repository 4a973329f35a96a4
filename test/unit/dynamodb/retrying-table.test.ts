import { describe, expect, it } from 'vitest'
import { DynamoDbError } from '../../../shared/dynamodb/errors.ts'
import type { Table, WriteResult } from '../../../shared/dynamodb/ports.ts'
import { rawItem } from '../../../shared/dynamodb/raw-item.ts'
import { retrying } from '../../../shared/dynamodb/retrying-table.ts'
import type { Ask } from '../../../shared/runtime/retry.ts'
import { memoryTable } from '../../memory/table.ts'

const schema = { pk: { name: 'pk', type: 'S' } } as const
const items = Array.from({ length: 60 }, (_, i) => rawItem(schema, { pk: { S: `${i}` } }))
/** Attempts of one call before it gives up. */
const attempts = 12

/** A patient table whose writes go as `each` says, asked with the number of the attempt. */
function patient(each: (attempt: number, position: number) => WriteResult, ask?: Ask) {
  const memory = memoryTable(schema, 'table')
  let calls = 0
  const table: Table = Object.assign(Object.create(memory) as Table, {
    async put(asked: typeof items) {
      const attempt = calls++
      const results = asked.map((_, position) => each(attempt, position))
      for (const [position, item] of asked.entries())
        if (results[position] === 'written') memory.store(item.attributes())
      return results
    },
  })
  const sleeps: number[] = []
  const runtime = {
    ...{ clock: () => 0, random: () => 1, emit: () => {} },
    sleep: async (ms: number) => void sleeps.push(ms),
  }
  return { table: retrying(table, runtime, ask), memory, sleeps, calls: () => calls }
}

describe('a patient write', () => {
  it('goes on for as long as each attempt writes something', async () => {
    const { table, memory, calls, sleeps } = patient((_, position) => (position === 0 ? 'written' : 'retry'))
    expect(await table.put(items)).toEqual(items.map(() => 'written'))
    expect(memory.size).toBe(items.length)
    expect(calls()).toBe(items.length)
    expect(Math.max(...sleeps)).toBe(100)
  })

  it('gives up once as many attempts in a row as it has have written nothing', async () => {
    const { table, memory, calls } = patient((attempt, position) =>
      attempt === 5 && position === 0 ? 'written' : 'retry',
    )
    await expect(table.put(items)).rejects.toMatchObject({
      code: 'throttled',
      message: expect.stringContaining('59 items unprocessed'),
    })
    expect(memory.size).toBe(1)
    expect(calls()).toBe(5 + attempts)
  })

  it('gives up with the last error where whole calls fail', async () => {
    const { table, calls } = patient(() => {
      throw new DynamoDbError('unavailable', 'as told')
    })
    await expect(table.put(items)).rejects.toThrow('as told')
    expect(calls()).toBe(attempts)
  })

  it.each([0, 1, 3])('asks before each attempt, and makes none once it may not: after %i', async (permitted) => {
    let asked = 0
    const { table, calls } = patient(
      () => 'retry',
      async () => {
        if (asked++ === permitted) throw new Error('no')
      },
    )
    await expect(table.put(items)).rejects.toThrow('no')
    expect(calls()).toBe(permitted)
  })
})
