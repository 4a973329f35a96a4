import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Attributes } from '../../shared/dynamodb/attributes.ts'
import { type KeySchema, keyOf } from '../../shared/dynamodb/key.ts'
import type { ShardReader, Stream, StreamRecord } from '../../shared/live/ports.ts'
import { comparable, plainSchema } from './samples.ts'

/** A table that has a stream from its beginning. */
export interface Streamed {
  stream: Stream
  put(item: Attributes): Promise<void>
  /** Turns the stream off. */
  disable(): Promise<void>
}

const item = (id: string, v: number): Attributes => ({ id: { S: id }, v: { N: `${v}` } })

/** What every {@link Stream} must do. */
export function streamContract(name: string, make: (schema: KeySchema) => Promise<Streamed>): void {
  describe(`${name} as a stream`, () => {
    it('lists its shards, open while the table is written', async () => {
      const { stream, put } = await make(plainSchema)
      await put(item('a', 1))
      const { shards, enabled } = await stream.shards()
      expect(enabled).toBe(true)
      expect(shards.length).toBeGreaterThan(0)
      expect(shards.map(({ ended }) => ended)).toEqual(shards.map(() => false))
    })

    it('gives every change of an item once, with both images, in the order of its numbers', async () => {
      const { stream, put } = await make(plainSchema)
      for (const v of [1, 2, 3]) await put(item('a', v))
      const records = await readAll(stream, 3)
      expect(records.map(({ old, new: now }) => [old?.v, now?.v])).toEqual([
        [undefined, { N: '1' }],
        [{ N: '1' }, { N: '2' }],
        [{ N: '2' }, { N: '3' }],
      ])
      expect(records.map(({ key }) => key)).toEqual([1, 2, 3].map((v) => keyOf(plainSchema, item('a', v))))
      const numbers = records.map(({ seq }) => seq)
      expect(numbers).toEqual([...numbers].sort())
      expect(numbers.every((seq) => /^\d{40}$/.test(seq))).toBe(true)
    })

    it('gives every attribute, whatever its name', async () => {
      const { stream, put } = await make(plainSchema)
      const one: Attributes = {
        ...item('a', 1),
        constructor: { S: '"__proto__":' },
        ['__proto__']: { M: { ['__proto__']: { B: Uint8Array.from([1]) } } },
      }
      await put(one)
      await put({ ...one, v: { N: '2' } })
      const [, second] = await readAll(stream, 2)
      expect(comparable(second!.old!)).toEqual(one)
      expect(comparable(second!.new!)).toEqual({ ...one, v: { N: '2' } })
    })

    it('goes on after a number', async () => {
      const { stream, put } = await make(plainSchema)
      for (const v of [1, 2, 3]) await put(item('a', v))
      const [first] = await readAll(stream, 3)
      const rest = await readAll(stream, 2, first?.seq)
      expect(rest.map(({ new: now }) => now?.v)).toEqual([{ N: '2' }, { N: '3' }])
    })

    it('says that it was turned off', async () => {
      const { stream, put, disable } = await make(plainSchema)
      await put(item('a', 1))
      await disable()
      expect((await stream.shards()).enabled).toBe(false)
    })
  })
}

/** Reads every shard until there are as many records as asked for; empty answers in between prove nothing. */
async function readAll(stream: Stream, count: number, after?: string): Promise<StreamRecord[]> {
  const { shards } = await stream.shards()
  const readers: ShardReader[] = await Promise.all(shards.map(({ id }) => stream.open(id, after)))
  const records: StreamRecord[] = []
  for (let round = 0; round < 50 && records.length < count; round++) {
    for (const reader of readers) records.push(...(await reader.next()).records)
    if (records.length < count) await sleep(20)
  }
  return records
}
