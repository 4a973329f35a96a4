// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of a template as text
import { describe, expect, it } from 'vitest'
import { gauges } from '../../../shared/config/gauges.ts'
import { options, plain, type Resource, resources, synth, text } from './synth.ts'

const sourceStream = 'arn:aws:dynamodb:us-east-1:000000000000:table/orders/stream/2026-11-21'
const template = synth({ options: { ...options, sourceStream, alarmEmail: 'night@example.com' } })
const alarms = Object.fromEntries(
  resources(template, 'AWS::CloudWatch::Alarm').map(([id, { Properties }]) => [
    plain(id).replace('SegueAlarms', ''),
    Properties,
  ]),
)
const topic = '${SegueAlarmsTopic}'

/** The properties of the one resource of a type. */
function only(type: string): Resource['Properties'] {
  const found = resources(template, type)
  expect(found).toHaveLength(1)
  return found[0]![1].Properties
}

describe('the topic of alarms', () => {
  it('is encrypted with a key that rotates and that CloudWatch of this account may use', () => {
    expect(text(only('AWS::SNS::Topic').KmsMasterKeyId)).toBe('${SegueAlarmsKey.Arn}')
    const { KeyPolicy, EnableKeyRotation } = only('AWS::KMS::Key')
    expect(EnableKeyRotation).toBe(true)
    expect(KeyPolicy.Statement).toContainEqual(
      expect.objectContaining({
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      }),
    )
  })

  it('takes messages over TLS only, and of CloudWatch of this account', () => {
    const { Statement } = only('AWS::SNS::TopicPolicy').PolicyDocument
    expect(Statement).toContainEqual(
      expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
    )
    expect(Statement).toContainEqual(
      expect.objectContaining({ Action: 'sns:Publish', Principal: { Service: 'cloudwatch.amazonaws.com' } }),
    )
  })

  it('is subscribed to by the address of the options, and by nobody without', () => {
    template.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'email', Endpoint: 'night@example.com' })
    expect(resources(synth(), 'AWS::SNS::Subscription')).toEqual([])
  })

  it('is known to the watchdog, and named by an output', () => {
    const lambdas = resources(template, 'AWS::Lambda::Function').filter(
      ([, { Properties }]) => Properties.Environment?.Variables.SEGUE_TOPIC,
    )
    expect(lambdas.map(([, { Properties }]) => Properties.Description)).toEqual(['Segue: watchdog'])
    expect(text(template.toJSON().Outputs.AlarmsTopic.Value)).toBe(topic)
  })
})

describe('alarms of CloudWatch', () => {
  it('are these', () => {
    expect(Object.keys(alarms).sort()).toEqual([
      'LiveErrors',
      'LiveIteratorAge',
      'StreamOld',
      'Stuck',
      'WatchdogAbsent',
    ])
  })

  it('tell of a watchdog that has not swept for five minutes: no data is the alarm', () => {
    expect(alarms.WatchdogAbsent).toMatchObject({
      ...{ Namespace: 'Segue', MetricName: 'WatchdogSweeps', Statistic: 'Sum', Period: 60, EvaluationPeriods: 5 },
      ...{ ComparisonOperator: 'LessThanThreshold', Threshold: 1, TreatMissingData: 'breaching' },
    })
    for (const actions of [alarms.WatchdogAbsent.AlarmActions, alarms.WatchdogAbsent.OKActions])
      expect(actions.map(text)).toEqual([topic])
  })

  it('have the stack as the only dimension of a gauge', () => {
    for (const name of ['WatchdogAbsent', 'Stuck', 'StreamOld'])
      expect(alarms[name].Dimensions).toEqual([{ Name: 'stack', Value: { Ref: 'AWS::StackName' } }])
  })

  it('know when nothing moves and when a change is old, and leave it to the watchdog to tell', () => {
    expect(alarms.Stuck).toMatchObject({
      ...{
        MetricName: 'StuckSeconds',
        Statistic: 'Maximum',
        ComparisonOperator: 'GreaterThanThreshold',
        Threshold: 300,
      },
      TreatMissingData: 'notBreaching',
    })
    expect(alarms.StreamOld).toMatchObject({ MetricName: 'StreamAgeSeconds', Threshold: 3_600 })
    for (const { AlarmActions, OKActions } of [alarms.Stuck, alarms.StreamOld])
      expect([AlarmActions, OKActions]).toEqual([undefined, undefined])
  })

  it('tell of a live function that keeps failing, or whose mapping is behind', () => {
    expect(alarms.LiveErrors).toMatchObject({
      ...{ Namespace: 'AWS/Lambda', MetricName: 'Errors', Threshold: 1, EvaluationPeriods: 5, DatapointsToAlarm: 5 },
      TreatMissingData: 'notBreaching',
    })
    expect(alarms.LiveIteratorAge).toMatchObject({ MetricName: 'IteratorAge', Threshold: 3_600_000 })
    expect(text(alarms.LiveErrors.Dimensions[0].Value)).toBe('${SegueFunctionsliveFunction}')
    expect(alarms.LiveErrors.AlarmActions.map(text)).toEqual([topic])
  })

  it('leave live changes out where none are captured', () => {
    const names = resources(synth(), 'AWS::CloudWatch::Alarm').map(([id]) => plain(id))
    expect(names.sort()).toEqual(['SegueAlarmsStuck', 'SegueAlarmsWatchdogAbsent'])
  })

  it('have one dashboard, with a graph of every gauge', () => {
    const body = text(only('AWS::CloudWatch::Dashboard').DashboardBody)
    for (const name of Object.keys(gauges)) expect(body).toContain(`"Segue","${name}","stack","\${AWS::StackName}"`)
  })
})
