import { ArnFormat, Duration, Stack } from 'aws-cdk-lib'
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import { CfnEventSourceMapping } from 'aws-cdk-lib/aws-lambda'
import type { Bucket } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import {
  type Deployed,
  deployedNames,
  type Permissions,
  functions as table,
} from '../shared/config/functions-and-permissions.ts'
import type { FeedName } from '../shared/ledger/feeds.ts'
import type { SegueFunction } from './functions.ts'
import { allow, useKey } from './policy-statements.ts'

/** Prefix, in the bucket, of the stream records that Lambda gave up on. */
export const DISCARDED_PREFIX = 'aws/lambda'

/** How often the monitor reads the stream: often enough to see a lag of an hour in time. */
const MONITOR_RATE = Duration.minutes(5)

interface FeedEntry {
  /** What it applies, for people. */
  applies: string
  /** Records per batch. */
  batch: number
  /** The actions on the mapping, in the table of functions, and the variable that names it. */
  permission: 'mapping' | 'indexMapping'
  variable: string
  /** What its monitor is invoked with. No value: the event of the schedule, which an earlier version deployed. */
  event?: { feed: FeedName }
}

const feeds: Record<FeedName, FeedEntry> = {
  source: {
    applies: 'live changes',
    // Each takes a transaction or more; this many stay far below the function's time limit.
    batch: 100,
    permission: 'mapping',
    variable: 'SEGUE_MAPPING',
  },
  index: {
    applies: 'the indices',
    // Applied together. A mapping that is turned on delivers a day of history, which is left out.
    batch: 1_000,
    permission: 'indexMapping',
    variable: 'SEGUE_INDEX_MAPPING',
    event: { feed: 'index' },
  },
}

export interface FeedProps {
  feed: FeedName
  streamArn: string
  /** Applies the records. */
  applier: SegueFunction
  functions: Deployed<SegueFunction>
  manifests: Bucket
}

/**
 * The mapping from a stream to the function that applies its records. It is off until a run turns it on. It points to the
 * function without a version. With one, each deployment would change the mapping, and a change turns it off again. The
 * function checks in the ledger that its code is the run's.
 */
export class Feed extends Construct {
  /** UUID of the mapping. */
  readonly mapping: string
  readonly mappingArn: string

  constructor(scope: Construct, id: string, { feed, streamArn, applier, functions, manifests }: FeedProps) {
    super(scope, id)
    const { applies, batch, permission, variable, event } = feeds[feed]
    for (const statement of [
      ...allow('dynamodb', ['ListStreams'], '*'),
      ...allow('s3', ['ListBucket'], manifests.bucketArn),
      ...allow('s3', ['PutObject'], manifests.arnForObjects(`${DISCARDED_PREFIX}/*`)),
      ...useKey(manifests.encryptionKey),
    ])
      applier.role.addToPolicy(statement)
    const mapping = new CfnEventSourceMapping(this, 'Mapping', {
      functionName: applier.lambda.functionName,
      eventSourceArn: streamArn,
      startingPosition: 'TRIM_HORIZON',
      batchSize: batch,
      // Records of one item stay in order; those of different items need none.
      parallelizationFactor: 10,
      bisectBatchOnFunctionError: true,
      // Retried without end: items that cannot be migrated are quarantined, and every other failure may pass.
      maximumRetryAttempts: -1,
      maximumRecordAgeInSeconds: -1,
      destinationConfig: { onFailure: { destination: manifests.bucketArn } },
      enabled: false,
    })
    mapping.node.addDependency(applier.role)
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
    for (const name of deployedNames({ search: feed === 'index' })) {
      const may: Permissions = table[name].may
      const actions = may[permission]
      const deployed = functions[name]
      if (!deployed) continue
      for (const statement of allow('lambda', actions, arn)) deployed.role.addToPolicy(statement)
      if (actions || (feed === 'source' && may.anywhere?.includes('lambda:ListEventSourceMappings')))
        deployed.lambda.addEnvironment(variable, mapping.ref)
    }
    new Rule(this, 'Monitor', {
      description: `Segue: notes how far behind ${applies} are`,
      schedule: Schedule.rate(MONITOR_RATE),
      targets: [
        new LambdaFunction(functions['monitor-stream'].lambda, event && { event: RuleTargetInput.fromObject(event) }),
      ],
    })
  }
}
