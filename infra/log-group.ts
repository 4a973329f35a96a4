import { RemovalPolicy } from 'aws-cdk-lib'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'

/** A log group that outlives the stack until its retention ends. */
export function logGroup(scope: Construct, retentionDays: number): LogGroup {
  return new LogGroup(scope, 'Logs', {
    retention: retention(retentionDays),
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  })
}

/** The shortest retention of CloudWatch that is long enough: it offers only certain numbers of days. */
function retention(days: number): RetentionDays {
  const choices = Object.values(RetentionDays).filter((value): value is RetentionDays => typeof value === 'number')
  const enough = choices.filter((choice) => choice >= days && choice !== RetentionDays.INFINITE)
  return Math.min(...enough)
}
