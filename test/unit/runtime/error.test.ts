import { describe, expect, it, vi } from 'vitest'
import { DynamoDbError } from '../../../shared/dynamodb/errors.ts'
import { LedgerError } from '../../../shared/ledger/errors.ts'
import { halts } from '../../../shared/phases/halts.ts'
import { orRefused, Refusal } from '../../../shared/phases/refusal.ts'
import { SegueError } from '../../../shared/runtime/error.ts'

/** The same module as another copy of the package has it. */
async function anotherCopy() {
  vi.resetModules()
  return import('../../../shared/dynamodb/errors.ts')
}

describe('An error of Segue', () => {
  it('carries its code, where it comes from, whether to retry, what to do next, and its cause', () => {
    const cause = new Error('the socket')
    expect(new DynamoDbError('unavailable', 'No answer.', { cause })).toMatchObject({
      name: 'DynamoDbError',
      message: 'No answer.',
      code: 'unavailable',
      source: 'dependency',
      retryable: true,
      next: expect.stringContaining('network'),
      cause,
    })
    expect(new LedgerError('row-missing', 'No row.')).toMatchObject({ source: 'internal', retryable: false })
  })

  it('is recognised when another copy of the package made it', async () => {
    const copy = await anotherCopy()
    const error: unknown = new copy.DynamoDbError('throttled', 'Too fast.')
    expect(error instanceof DynamoDbError).toBe(false)
    expect(DynamoDbError.is(error)).toBe(true)
    expect(SegueError.is(error)).toBe(true)
    expect(Refusal.is(error)).toBe(false)
  })

  it.each([undefined, null, 'text', new Error('other'), { name: 'DynamoDbError', code: 'throttled' }])(
    'is not seen in %s',
    (other) => {
      expect(SegueError.is(other)).toBe(false)
      expect(DynamoDbError.is(other)).toBe(false)
    },
  )
})

describe('What is refused as data', () => {
  const refused = (error: unknown) => orRefused(() => Promise.reject(error))

  it('is what somebody can put right', async () => {
    expect(await refused(new Refusal('same-table', 'The same.'))).toEqual({
      outcome: 'refused',
      error: 'same-table',
      cause: 'The same.',
    })
    expect(await refused(new DynamoDbError('access-denied', 'No.'))).toMatchObject({ error: 'access-denied' })
  })

  it.each([
    new DynamoDbError('throttled', 'Too fast.'),
    new LedgerError('illegal-transition', 'No such change.'),
    new LedgerError('lost-race', 'It kept changing.'),
    new TypeError('a defect'),
  ])('is not $name, which is retried', async (error) => {
    await expect(refused(error)).rejects.toBe(error)
  })
})

it('Each code of a halted run says what to do', () => {
  for (const { means, next } of Object.values(halts)) {
    expect(means).toMatch(/\.$/)
    expect(next).toMatch(/\.$/)
  }
})
