import { describe, expect, it } from 'vitest'
import { DynamoDbError } from '../../../shared/dynamodb/errors.ts'
import { judge } from '../../../shared/dynamodb/judge.ts'

const refusal = () => new DynamoDbError('invalid-request', 'refused', { refusal: 'it does not fit' })

/** A write that fails so often, and tells what was asked in which order. */
function asked(fails: number, probe: boolean, error: () => Error = refusal) {
  const order: string[] = []
  const judged = judge(
    async () => {
      order.push('write')
      if (fails-- > 0) throw error()
      return 'written' as const
    },
    async () => {
      order.push('probe')
      return probe
    },
  )
  return { judged, order }
}

describe('a refused write', () => {
  it('is of an item that is refused before and after a probe that fails by its condition', async () => {
    const { judged, order } = asked(2, true)
    expect(await judged).toEqual({ refused: 'it does not fit' })
    expect(order).toEqual(['write', 'probe', 'write'])
  })

  it('is written when every write was refused for a moment that ended before the probe', async () => {
    expect(await asked(1, true).judged).toBe('written')
  })

  it('throws while every write is refused, and when it fails otherwise the second time', async () => {
    await expect(asked(2, false).judged).rejects.toMatchObject({ code: 'invalid-request' })
    const { judged } = asked(2, true, () => new DynamoDbError('throttled', 'later'))
    await expect(judged).rejects.toMatchObject({ code: 'throttled' })
  })
})
