import { expect, test } from 'vitest'
import { callerIdentity } from '../../../cli/identity.ts'

const arn = 'arn:aws:sts::000000000000:assumed-role/Operator/alice'

test('whoever gives a command is the ARN of their session, which STS is asked for once', async () => {
  let asked = 0
  const identity = callerIdentity({ send: async () => ({ Arn: asked++ === 0 ? arn : 'another' }) } as never)
  expect(await identity()).toBe(arn)
  expect(await identity()).toBe(arn)
})

test('nobody is kept from a command because STS does not say who they are', async () => {
  const identity = callerIdentity({ send: () => Promise.reject(new Error('no route')) } as never)
  expect(await identity()).toBeUndefined()
})
