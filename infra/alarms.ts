import { Aws, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { Alarm, ComparisonOperator, Dashboard, GraphWidget, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { type IKey, Key } from 'aws-cdk-lib/aws-kms'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import { Construct } from 'constructs'
import {
  type Deployed,
  functionNames,
  type Permissions,
  functions as table,
} from '../shared/config/functions-and-permissions.ts'
import { type GaugeName, gauges, metricsNamespace, oldSeconds, stillSeconds } from '../shared/config/gauges.ts'
import type { SegueFunction } from './functions.ts'
import { allow } from './policy-statements.ts'

export interface AlarmsProps {
  functions: Deployed<SegueFunction>
  /** Encrypts the topic; CloudWatch must be allowed to use it. @default a key of its own, which costs a dollar a month */
  encryptionKey: IKey | undefined
  /** Gets the messages; it must be confirmed. */
  email: string | undefined
  /** Whether live changes are captured. */
  isLive: boolean
}

const MINUTE = Duration.minutes(1)

/**
 * Tells people what goes wrong. The watchdog judges the ledger and sends one message for each alarm that begins or ends. Alarms of
 * CloudWatch tell what the watchdog cannot: that it does not run, and that the live function fails. Those that repeat its
 * judgement act on nothing, so that nobody is told twice.
 */
export class Alarms extends Construct {
  readonly topic: Topic

  constructor(scope: Construct, id: string, { functions, encryptionKey, email, isLive }: AlarmsProps) {
    super(scope, id)
    const key = encryptionKey ?? new Key(this, 'Key', { enableKeyRotation: true, removalPolicy: RemovalPolicy.DESTROY })
    this.topic = new Topic(this, 'Topic', { displayName: 'Segue', masterKey: key, enforceSSL: true })
    if (email !== undefined) this.topic.addSubscription(new EmailSubscription(email))
    const cloudWatch = {
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
    }
    key.addToResourcePolicy(
      new PolicyStatement({ ...cloudWatch, actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: ['*'] }),
    )
    this.topic.addToResourcePolicy(
      new PolicyStatement({ ...cloudWatch, actions: ['sns:Publish'], resources: [this.topic.topicArn] }),
    )
    for (const name of functionNames) {
      const { topic: actions }: Permissions = table[name].may
      const deployed = functions[name]
      if (!actions || !deployed) continue
      const { role, lambda } = deployed
      for (const statement of [
        ...allow('sns', actions, this.topic.topicArn),
        ...allow('kms', ['Decrypt', 'GenerateDataKey'], key.keyArn),
      ])
        role.addToPolicy(statement)
      lambda.addEnvironment('SEGUE_TOPIC', this.topic.topicArn)
    }
    this.alarms(functions, isLive)
    this.dashboard(functions)
  }

  private alarms({ live: { lambda: live } }: Deployed<SegueFunction>, isLive: boolean): void {
    // Nothing else says that nobody watches: missing data is the alarm.
    this.alarm('WatchdogAbsent', 'the watchdog has not swept for 5 minutes', {
      metric: this.gauge('WatchdogSweeps', 'Sum'),
      ...{ comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD, threshold: 1, evaluationPeriods: 5 },
      ...{ treatMissingData: TreatMissingData.BREACHING, tells: true },
    })
    this.alarm('Stuck', 'nothing has moved for 5 minutes in a run that is at work', {
      metric: this.gauge('StuckSeconds', 'Maximum'),
      ...{ comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD, threshold: stillSeconds },
    })
    if (!isLive) return
    this.alarm('StreamOld', 'a live change has waited for an hour', {
      metric: this.gauge('StreamAgeSeconds', 'Maximum'),
      threshold: oldSeconds,
    })
    // One error is retried, and comes of any fault.
    this.alarm('LiveErrors', 'the function that applies live changes keeps failing', {
      metric: live.metricErrors({ period: MINUTE, statistic: 'Sum' }),
      ...{ threshold: 1, evaluationPeriods: 5, datapointsToAlarm: 5, tells: true },
    })
    this.alarm('LiveIteratorAge', 'the mapping of live changes is an hour behind the stream', {
      metric: live.metric('IteratorAge', { period: MINUTE, statistic: 'Maximum' }),
      ...{ threshold: oldSeconds * 1000, tells: true },
    })
  }

  private alarm(
    id: string,
    means: string,
    {
      tells = false,
      ...props
    }: { metric: Metric; threshold: number; tells?: boolean } & Partial<{
      comparisonOperator: ComparisonOperator
      evaluationPeriods: number
      datapointsToAlarm: number
      treatMissingData: TreatMissingData
    }>,
  ): void {
    const alarm = new Alarm(this, id, {
      alarmDescription: `Segue: ${means}`,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      ...props,
    })
    if (!tells) return
    alarm.addAlarmAction(new SnsAction(this.topic))
    alarm.addOkAction(new SnsAction(this.topic))
  }

  private gauge(metricName: GaugeName, statistic: 'Sum' | 'Maximum'): Metric {
    const dimensionsMap = { stack: Aws.STACK_NAME }
    return new Metric({ namespace: metricsNamespace, metricName, dimensionsMap, statistic, period: MINUTE })
  }

  private dashboard({ live, slice }: Deployed<SegueFunction>): void {
    const [names, all] = [Object.keys(gauges) as GaugeName[], { width: 12, height: 6 }]
    const graph = (title: string, ...left: Metric[]) => new GraphWidget({ title, left, ...all })
    const perMinute = { period: MINUTE, statistic: 'Sum' }
    const dashboard = new Dashboard(this, 'Dashboard')
    dashboard.addWidgets(
      ...names.map((name) =>
        graph(`${name}: ${gauges[name].shows}`, this.gauge(name, name === 'WatchdogSweeps' ? 'Sum' : 'Maximum')),
      ),
      graph(
        'Live changes: errors, and age of the newest record read (ms)',
        live.lambda.metricErrors(perMinute) as Metric,
        live.lambda.metric('IteratorAge', { period: MINUTE, statistic: 'Maximum' }) as Metric,
      ),
      graph(
        'Slices: invocations, errors, throttles',
        slice.lambda.metricInvocations(perMinute) as Metric,
        slice.lambda.metricErrors(perMinute) as Metric,
        slice.lambda.metricThrottles(perMinute) as Metric,
      ),
    )
  }
}
