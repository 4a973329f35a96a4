import type { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { describe, expect, test } from 'vitest'
import { askPlan } from '../../../cli/ask-preflight.ts'

const question = { totalSegments: 4, jump: true }

function lambda(answer: object | Error) {
  const sent: unknown[] = []
  const send = async (command: InvokeCommand) => {
    sent.push(command.input)
    if (answer instanceof Error) throw answer
    return answer
  }
  return { client: { send } as unknown as LambdaClient, sent }
}
const payload = (value: unknown) => ({ transformToString: () => JSON.stringify(value) })

describe('the deployed code, asked for a plan', () => {
  test('is invoked with the question and returns its answer', async () => {
    const { client, sent } = lambda({ Payload: payload({ outcome: 'answered', pending: ['one'] }) })
    expect(await askPlan(client, 'arn:preflight:3', question)).toEqual({ outcome: 'answered', pending: ['one'] })
    expect(sent).toEqual([{ FunctionName: 'arn:preflight:3', Payload: '{"plan":{"totalSegments":4,"jump":true}}' }])
  })

  test.each([
    ['failed', { FunctionError: 'Unhandled', Payload: payload({ errorType: 'Sandbox.Timedout' }) }, 'Sandbox.Timedout'],
    ['answered nothing', {}, 'the preflight function failed'],
    ['may not be invoked', Object.assign(new Error('no'), { name: 'AccessDeniedException' }), 'lambda:InvokeFunction'],
    ['is gone', Object.assign(new Error('no'), { name: 'ResourceNotFoundException' }), 'ResourceNotFoundException'],
  ])('that %s is a reason, not an error', async (_, answer, reason) => {
    const { client } = lambda(answer)
    expect(await askPlan(client, 'arn:preflight:3', question)).toEqual({
      outcome: 'unknown',
      reason: expect.stringContaining(reason),
    })
  })
})
