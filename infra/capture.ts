import { ArnFormat, Duration, Stack } from 'aws-cdk-lib'
import { Rule, Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import { CfnEventSourceMapping } from 'aws-cdk-lib/aws-lambda'
import type { Bucket } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import {
  type FunctionName,
  functionNames,
  type Permissions,
  functions as table,
} from '../shared/config/functions-and-permissions.ts'
import type { SegueFunction } from './functions.ts'
import { allow, useKey } from './policy-statements.ts'

/** Prefix, in the bucket, of the stream records that Lambda gave up on. */
export const DISCARDED_PREFIX = 'aws/lambda'

/** How often the monitor reads the stream: often enough to see a lag of an hour in time. */
const MONITOR_RATE = Duration.minutes(5)

/** Records per batch. Each takes a transaction or more; this many stay far below the function's time limit. */
const BATCH = 100

export interface CaptureProps {
  streamArn: string
  functions: Record<FunctionName, SegueFunction>
  manifests: Bucket
}

/**
 * The mapping from the source's stream to the live function. It is off until a run turns it on. It points to the
 * function without a version. With one, each deployment would change the mapping, and a change turns it off again. The
 * live function checks in the ledger that its code is the run's.
 */
export class Capture extends Construct {
  /** UUID of the mapping. */
  readonly mapping: string
  readonly mappingArn: string

  constructor(scope: Construct, id: string, { streamArn, functions, manifests }: CaptureProps) {
    super(scope, id)
    const { live, 'monitor-stream': monitor } = functions
    for (const statement of [
      ...allow('dynamodb', ['ListStreams'], '*'),
      ...allow('s3', ['ListBucket'], manifests.bucketArn),
      ...allow('s3', ['PutObject'], manifests.arnForObjects(`${DISCARDED_PREFIX}/*`)),
      ...useKey(manifests.encryptionKey),
    ])
      live.role.addToPolicy(statement)
    const mapping = new CfnEventSourceMapping(this, 'Mapping', {
      functionName: live.lambda.functionName,
      eventSourceArn: streamArn,
      startingPosition: 'TRIM_HORIZON',
      batchSize: BATCH,
      // Records of one item stay in order; those of different items need none.
      parallelizationFactor: 10,
      bisectBatchOnFunctionError: true,
      // Retried without end: items that cannot be migrated are quarantined, and every other failure may pass.
      maximumRetryAttempts: -1,
      maximumRecordAgeInSeconds: -1,
      destinationConfig: { onFailure: { destination: manifests.bucketArn } },
      enabled: false,
    })
    mapping.node.addDependency(live.role)
    // A tag on the whole stack would change the mapping.
    mapping.addPropertyDeletionOverride('Tags')
    this.mapping = mapping.ref
    const arn = Stack.of(this).formatArn({
      service: 'lambda',
      resource: 'event-source-mapping',
      resourceName: mapping.ref,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    })
    this.mappingArn = arn
    for (const name of functionNames) {
      const { mapping: actions, anywhere }: Permissions = table[name].may
      const { role, lambda } = functions[name]
      for (const statement of allow('lambda', actions, arn)) role.addToPolicy(statement)
      if (actions || anywhere?.includes('lambda:ListEventSourceMappings'))
        lambda.addEnvironment('SEGUE_MAPPING', mapping.ref)
    }
    new Rule(this, 'Monitor', {
      description: 'Segue: notes how far behind live changes are',
      schedule: Schedule.rate(MONITOR_RATE),
      targets: [new LambdaFunction(monitor.lambda)],
    })
  }
}
