import { describe, expect, it } from 'vitest'
import type { Key } from '../../../../shared/dynamodb/key.ts'
import { noTallies } from '../../../../shared/ledger/tallies.ts'
import { InFlightPages } from '../../../../shared/passes/slice/in-flight.ts'

const key = (name: string): Key => ({ pk: { S: name } })
const page = (read: number) => ({ ...noTallies, read })

describe('The window of pages in flight', () => {
  it('moves the cursor only past pages whose predecessors are written too', async () => {
    const window = new InFlightPages(undefined, 3)
    const first = Promise.withResolvers<typeof noTallies>()
    await window.add(first.promise, key('a'))
    await window.add(Promise.resolve(page(2)), key('b'))
    await Promise.resolve()
    expect(window.cursor).toBeUndefined()
    first.resolve(page(1))
    await window.drain()
    expect(window.cursor).toEqual(key('b'))
    expect(window.tallies.read).toBe(3)
  })

  it('keeps what came before a failing page and nothing after it', async () => {
    const window = new InFlightPages(key('start'), 4)
    await window.add(Promise.resolve(page(1)), key('a'))
    await window.add(Promise.reject(new Error('no')), key('b'))
    await window.add(Promise.resolve(page(4)), key('c'))
    await expect(window.drain()).rejects.toThrow('no')
    expect(window.cursor).toEqual(key('a'))
    expect(window.tallies.read).toBe(1)
  })

  it('fails only once the later pages are no longer under way', async () => {
    const window = new InFlightPages(key('start'), 4)
    const later = Promise.withResolvers<typeof noTallies>()
    await window.add(Promise.reject(new Error('no')), key('a'))
    await window.add(later.promise, key('b'))
    let failed = false
    const drained = window.drain().catch(() => {
      failed = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    expect(failed).toBe(false)
    later.resolve(page(1))
    await drained
    expect(failed).toBe(true)
  })

  it('says that the chunk has ended only once its last page is written', async () => {
    const window = new InFlightPages(undefined, 2)
    const last = Promise.withResolvers<typeof noTallies>()
    const adding = window.add(last.promise, undefined)
    expect(window.ended).toBe(false)
    last.resolve(page(1))
    await adding
    await window.drain()
    expect(window.ended).toBe(true)
  })
})
