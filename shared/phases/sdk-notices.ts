import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns'
import type { Notices } from './watch/alerts.ts'

/** {@link Notices} over a topic of SNS. */
export function sdkNotices(client: Pick<SNSClient, 'send'>, TopicArn: string): Notices {
  return {
    async publish({ subject: Subject, text: Message, attributes }) {
      const MessageAttributes = Object.fromEntries(
        Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
      )
      await client.send(new PublishCommand({ TopicArn, Subject, Message, MessageAttributes }))
    },
  }
}
