import { describe, expect, it } from 'vitest'
import { DynamoDbError } from '../../../shared/dynamodb/errors.ts'
import type { WriteResult } from '../../../shared/dynamodb/ports.ts'
import { type Call, sendAll } from '../../../shared/dynamodb/sdk/calls.ts'

const items = 25
const answerMs = 3_000

/** Time that passes only while something is awaited, and a table that takes 3 s for each request. */
function slowTable() {
  let now = 0
  const due: { at: number; wake(): void }[] = []
  const begun: { what: string; at: number }[] = []
  const request = <T>(what: string, answer: () => T) => {
    begun.push({ what, at: now })
    return new Promise<T>((resolve, reject) => {
      const wake = () => {
        try {
          resolve(answer())
        } catch (error) {
          reject(error)
        }
      }
      due.push({ at: now + answerMs, wake })
    })
  }
  /** Lets time pass until `work` has ended. */
  const during = async <T>(work: Promise<T>): Promise<T> => {
    let over = false
    const settled = work.finally(() => {
      over = true
    })
    settled.catch(() => {})
    while (!over) {
      await new Promise((resolve) => setImmediate(resolve))
      const next = due.shift()
      if (!next) continue
      now = next.at
      next.wake()
    }
    return settled
  }
  /** Permits until `at`; a permission is trusted for 5 s. */
  const until = (at: number) => async () => {
    if (now > at + 5_000) throw new Error('stopped')
  }
  return { begun, during, request, until, now: () => now }
}

describe('Calls of one page to a table that takes 3 s for each', () => {
  const positions = Array.from({ length: items }, (_, i) => i)
  const probe = async () => true

  it('begin no later than 10 s after the work was told to stop', async () => {
    const { begun, during, request, until } = slowTable()
    const calls = positions.map(
      (position): Call => ({
        positions: [position],
        send: () => request('call', (): WriteResult[] => ['written']),
      }),
    )
    const alone = async (): Promise<WriteResult> => 'written'
    const sent = sendAll(items, calls, { alone, probe }, until(4_000))
    await expect(during(sent)).rejects.toThrow('stopped')
    expect(begun.length).toBeGreaterThan(4)
    expect(Math.max(...begun.map(({ at }) => at))).toBeLessThanOrEqual(4_000 + 10_000)
  })

  it('are asked one by one where the items of a refused call are judged, with the probes', async () => {
    const { begun, during, request, until } = slowTable()
    const refuse = () => {
      throw new DynamoDbError('invalid-request', 'refused', { refusal: 'refused' })
    }
    const calls: Call[] = [{ positions, send: () => request('call', refuse) }]
    const court = { alone: () => request('alone', refuse), probe: () => request('probe', () => true) }
    await expect(during(sendAll(items, calls, court, until(2_000)))).rejects.toThrow('stopped')
    expect(begun.map(({ what }) => what)).toEqual(['call', 'alone', 'probe'])
  })

  it('are not begun at all where the work may not begin', async () => {
    const { begun, during, request, until } = slowTable()
    const send = () => request('call', (): WriteResult[] => ['written'])
    const court = { alone: async (): Promise<WriteResult> => 'written', probe }
    await expect(during(sendAll(1, [{ positions: [0], send }], court, until(-6_000)))).rejects.toThrow('stopped')
    expect(begun).toEqual([])
  })
})
