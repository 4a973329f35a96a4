import { Duration } from 'aws-cdk-lib'
import { Rule, Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import { Construct } from 'constructs'
import type { SegueFunction } from './functions.ts'

/** How often the watchdog sweeps: a run whose execution was stopped is free again within two minutes. */
const RATE = Duration.minutes(1)

/** Invokes the watchdog every minute, with live changes or without. */
export class Watchdog extends Construct {
  constructor(scope: Construct, id: string, { lambda }: SegueFunction) {
    super(scope, id)
    // The next one comes in a minute, so none is retried, and none comes late.
    const target = new LambdaFunction(lambda, { retryAttempts: 0, maxEventAge: RATE })
    new Rule(this, 'Sweep', {
      description: 'Segue: ends runs whose execution has ended, and announces aborts',
      schedule: Schedule.rate(RATE),
      targets: [target],
    })
  }
}
