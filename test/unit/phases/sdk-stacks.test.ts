import type { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import { describe, expect, it } from 'vitest'
import { sdkStacks } from '../../../shared/phases/sdk-stacks.ts'

const output = (OutputValue: string) => [{ OutputKey: 'LedgerTable', OutputValue }]
const stack = (StackStatus: string, Outputs: object[] = []) => ({ Stacks: [{ StackStatus, Outputs }] })
const failing = (name: string) => Object.assign(new Error('no'), { name })

describe('what CloudFormation says of a stack that has used the ledger', () => {
  it.each<[string, object, string]>([
    ['deployed with it', stack('UPDATE_COMPLETE', output('ledger')), 'this ledger'],
    ['being destroyed', stack('DELETE_IN_PROGRESS', output('ledger')), 'this ledger'],
    ['deployed with another one', stack('UPDATE_COMPLETE', output('new')), 'another ledger'],
    ['without Segue by now', stack('UPDATE_COMPLETE'), 'another ledger'],
    ['destroyed', stack('DELETE_COMPLETE', output('ledger')), 'gone'],
    ['destroyed long ago', failing('ValidationError'), 'gone'],
    ['anything, since it does not respond', failing('ThrottlingException'), 'unknown'],
    ['anything, since nobody may ask', failing('AccessDenied'), 'unknown'],
  ])('%s', async (_, answer, use) => {
    const asked: unknown[] = []
    const client = {
      async send({ input }: { input: unknown }) {
        asked.push(input)
        if (answer instanceof Error) throw answer
        return answer
      },
    } as unknown as CloudFormationClient
    expect(await sdkStacks(client, 'ledger').use('arn:stack/Night/1')).toBe(use)
    expect(asked).toEqual([{ StackName: 'arn:stack/Night/1' }])
  })
})
