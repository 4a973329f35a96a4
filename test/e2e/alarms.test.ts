import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns'
import { CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Emulator, localClient, startEmulator } from '../../local/index.ts'
import { Court, pause } from './court.ts'

let aws: Emulator
let court: Court
let sqs: SQSClient
let queue: string
const ITEMS = 8_000

/** A message behind the topic. */
interface Arrived {
  Subject: string
  Message: string
  MessageAttributes: Record<string, { Type: string; Value: string }>
}

const arrived: Arrived[] = []

beforeAll(async () => {
  aws = await startEmulator()
  court = await Court.deploy(aws, 'Alarms')
  await court.fill(ITEMS)
  sqs = new SQSClient(localClient(aws.endpoint))
  queue = (await sqs.send(new CreateQueueCommand({ QueueName: 'night' }))).QueueUrl as string
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queue, AttributeNames: ['QueueArn'] }),
  )
  await new SNSClient(localClient(aws.endpoint)).send(
    new SubscribeCommand({
      TopicArn: court.output('AlarmsTopic'),
      Protocol: 'sqs',
      Endpoint: Attributes!.QueueArn as string,
    }),
  )
})
afterAll(() => aws?.stop())

it('tells a queue behind the topic once that an execution was stopped, once that it is over, and the audit has it all', {
  timeout: 900_000,
}, async () => {
  await court.throttle({ writeUnits: 200 })
  const execution = await court.start()
  await court.until(({ chunks }) => chunks.some(({ tallies }) => tallies.read > 0))
  await court.stop(execution)
  await until('owner-ended', 'onset')
  const [{ Subject, Message, MessageAttributes }] = of('owner-ended') as [Arrived]
  expect(Subject).toMatch(/^Segue Alarms: alarm owner-ended, run \w+$/)
  const { next, runbook } = JSON.parse(MessageAttributes.alert!.Value)
  expect(next).toBe('segue resume --stack Alarms')
  expect(runbook).toBe('docs/alarms.md#owner-ended')
  expect(Message).toContain(`Next: ${next}`)

  await court.throttle({})
  const resumed = await court.segue('resume', '--wait', '--reason', 'who stopped it has gone')
  expect([0, 4], resumed.output).toContain(resumed.code)
  await until('owner-ended', 'end')
  await until('quarantine-grew', 'onset')
  // Two minutes of watchdogs tell nothing twice.
  await pause(125_000)
  await receive()
  const told = arrived.map(({ MessageAttributes: { kind, event } }) => `${kind!.Value} ${event!.Value}`)
  expect(told.toSorted()).toEqual(['owner-ended end', 'owner-ended onset', 'quarantine-grew onset'])

  const { code, output } = await court.segue('audit', '--json')
  expect(code, output).toBe(0)
  const { entries } = JSON.parse(output.trim().split('\n').at(-1)!)
  const rows = entries.map(({ event, what }: { event: string; what: string }) => `${event} ${what}`)
  expect(rows).toEqual(expect.arrayContaining(['entered Copy', 'entered Interrupted', 'entered Finished']))
  expect(rows.filter((row: string) => /asked|done/.test(row))).toEqual(['asked resume --wait', 'done resume --wait'])
  expect(entries.find(({ event }: { event: string }) => event === 'asked')).toMatchObject({
    claimed: expect.stringMatching(/^arn:.*:root$/),
    why: 'who stopped it has gone',
  })
})

const of = (kind: string) => arrived.filter(({ MessageAttributes }) => MessageAttributes.kind?.Value === kind)

async function until(kind: string, event: string): Promise<void> {
  for (;;) {
    await receive()
    if (of(kind).some(({ MessageAttributes }) => MessageAttributes.event?.Value === event)) return
    await pause(2_000)
  }
}

/** What has arrived stays hidden for longer than the test lasts. */
async function receive(): Promise<void> {
  const command = new ReceiveMessageCommand({ QueueUrl: queue, MaxNumberOfMessages: 10, VisibilityTimeout: 3_600 })
  const { Messages = [] } = await sqs.send(command)
  arrived.push(...Messages.map(({ Body = '' }) => JSON.parse(Body) as Arrived))
}
