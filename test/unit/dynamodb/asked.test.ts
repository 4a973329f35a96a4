import { describe, expect, it } from 'vitest'
import { DynamoDbError } from '../../../shared/dynamodb/errors.ts'
import type { WriteResult } from '../../../shared/dynamodb/ports.ts'
import { type Call, sendAll } from '../../../shared/dynamodb/sdk/calls.ts'
import { virtualTime } from '../virtual-time.ts'

const items = 25
const positions = Array.from({ length: items }, (_, i) => i)
const answerMs = 3_000

/** Requests of 3 s, permitted until 5 s after `toldAt`: so long a permission is trusted. */
function slowTable(toldAt: number) {
  const { request, clock, ...time } = virtualTime()
  const ask = async () => {
    if (clock() > toldAt + 5_000) throw new Error('stopped')
  }
  const written = (): WriteResult => 'written'
  return {
    ...time,
    ask,
    call: (at: number[], answer: () => WriteResult[] = () => at.map(written)): Call => ({
      positions: at,
      send: () => request('call', answerMs, answer),
    }),
    court: (answer: () => WriteResult = written) => ({
      alone: () => request('alone', answerMs, answer),
      probe: () => request('probe', answerMs, () => true),
    }),
  }
}

const refuse = () => {
  throw new DynamoDbError('invalid-request', 'refused', { refusal: 'refused' })
}

describe('Calls of one page to a table that takes 3 s for each', () => {
  it('begin no later than 10 s after the work was told to stop', async () => {
    const { ask, begun, call, court, during } = slowTable(4_000)
    const calls = positions.map((position) => call([position]))
    await expect(during(sendAll(items, calls, court(), ask))).rejects.toThrow('stopped')
    expect(begun.length).toBeGreaterThan(4)
    expect(begun.length).toBeLessThan(items)
    expect(Math.max(...begun.map(({ at }) => at))).toBeLessThanOrEqual(4_000 + 10_000)
  })

  it.each([
    [-2_000, ['call', 'alone']],
    [2_000, ['call', 'alone', 'probe']],
    [5_000, ['call', 'alone', 'probe', 'alone']],
  ])('stop between the requests that judge a refused item: told at %i ms', async (toldAt, requests) => {
    const { ask, begun, call, court, during } = slowTable(toldAt)
    await expect(during(sendAll(items, [call(positions, refuse)], court(refuse), ask))).rejects.toThrow('stopped')
    expect(begun.map(({ what }) => what)).toEqual(requests)
  })

  it('are not begun at all if the work may not begin', async () => {
    const { ask, begun, call, court, during } = slowTable(-6_000)
    await expect(during(sendAll(1, [call([0])], court(), ask))).rejects.toThrow('stopped')
    expect(begun).toEqual([])
  })
})
