import { afterEach, describe, expect, test, vi } from 'vitest'
import { followSwitch, type SwitchClient } from '../../../switch/index.ts'

const row = { table: { S: 'alpha' }, mode: { S: 'open' }, maxAgeSeconds: { N: '10' }, writeSeconds: { N: '0.01' } }
const client: SwitchClient = { getItem: async () => ({ Item: row }) }
const follow = () => followSwitch({ client, switchTable: 'Switches', tables: ['alpha', 'beta'] })
const where = async ({ table }: { table: string }) => table

afterEach(() => vi.unstubAllEnvs())

describe('followSwitch', () => {
  test('follows for as long as a process lives', async () => {
    const { write } = follow()
    vi.stubEnv('_X_AMZN_TRACE_ID', 'of some tool')
    expect(await write(where)).toBe('alpha')
  })

  test('in Lambda follows in one invocation, and says so in the next one', async () => {
    vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', 'Court')
    vi.stubEnv('_X_AMZN_TRACE_ID', 'first')
    const { write } = follow()
    expect(await write(where)).toBe('alpha')
    vi.stubEnv('_X_AMZN_TRACE_ID', 'second')
    await expect(write(where)).rejects.toMatchObject({
      code: 'switch-outlived',
      next: 'Call `followSwitch` inside the handler, not beside it.',
    })
  })

  test('in Lambda does not follow beside the handler, not even in the first invocation', async () => {
    vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', 'Court')
    vi.stubEnv('_X_AMZN_TRACE_ID', undefined)
    const { write } = follow()
    vi.stubEnv('_X_AMZN_TRACE_ID', 'first')
    await expect(write(where)).rejects.toMatchObject({ code: 'switch-outlived' })
  })

  test('aborts a write that takes too long, by a timer of its own', async () => {
    const work = ({ signal }: { signal: AbortSignal }) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve('aborted')))
    await expect(follow().write(work)).rejects.toMatchObject({ code: 'write-abandoned' })
  })
})
