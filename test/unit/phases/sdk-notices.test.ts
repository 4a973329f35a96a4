import { expect, test } from 'vitest'
import { sdkNotices } from '../../../shared/phases/sdk-notices.ts'

test('a message goes to the topic as text, with attributes that filters can read', async () => {
  const sent: object[] = []
  const client = { send: async ({ input }: { input: object }) => void sent.push(input) }
  const attributes = { kind: 'stuck', event: 'onset', run: 'r', alert: '{}' }
  await sdkNotices(client as never, 'arn:topic').publish({ subject: 'Segue', text: 'It stands still.', attributes })
  const value = (StringValue: string) => ({ DataType: 'String', StringValue })
  expect(sent).toEqual([
    {
      ...{ TopicArn: 'arn:topic', Subject: 'Segue', Message: 'It stands still.' },
      MessageAttributes: { kind: value('stuck'), event: value('onset'), run: value('r'), alert: value('{}') },
    },
  ])
})
