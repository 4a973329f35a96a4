import { Fn, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'

/**
 * A log group that outlives the stack until its retention ends.
 * @param logGroupName by default CloudFormation makes one up.
 */
export function logGroup(scope: Construct, retentionDays: number, logGroupName?: string): LogGroup {
  return new LogGroup(scope, 'Logs', {
    ...(logGroupName && { logGroupName }),
    retention: retention(retentionDays),
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  })
}

/**
 * The name of the log group of a state machine. Groups under this prefix take no room in the account's one resource policy of
 * logs, which holds 5,120 characters. The id of the stack is part of the name, because the group of a stack that was
 * destroyed stays, and the same stack must deploy again. Source: "Logging in CloudWatch Logs", Step Functions Developer Guide.
 */
export function machineLogs(scope: Construct): string {
  const { stackName, stackId } = Stack.of(scope)
  return `/aws/vendedlogs/states/${stackName}-${scope.node.id}-${Fn.select(2, Fn.split('/', stackId))}`
}

/** The shortest retention of CloudWatch that is long enough: it offers only certain numbers of days. */
function retention(days: number): RetentionDays {
  const choices = Object.values(RetentionDays).filter((value): value is RetentionDays => typeof value === 'number')
  const enough = choices.filter((choice) => choice >= days && choice !== RetentionDays.INFINITE)
  return Math.min(...enough)
}
