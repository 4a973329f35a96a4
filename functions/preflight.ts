import { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling'
import { BackupClient } from '@aws-sdk/client-backup'
import { CloudTrailClient } from '@aws-sdk/client-cloudtrail'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { SFNClient } from '@aws-sdk/client-sfn'
import { preflightOrPlanHandler } from '../shared/operator/preflight.ts'
import { sdkOperations } from '../shared/phases/preflight/sdk-operations.ts'
import { sdkExecutions } from '../shared/phases/sdk-executions.ts'
import { wire } from './wiring/handler.ts'
import { httpHandler } from './wiring/http.ts'
import { userMigrations as migrations } from './wiring/migrations.ts'
import { dynamodb, environment, http, world } from './wiring/world.ts'

// Nothing of what they say is needed, and a firewall of a VPC may let them connect and say nothing: nobody waits for long.
const once = { requestHandler: httpHandler({ connectMs: 2_000, responseMs: 3_000 }), maxAttempts: 1 }

export const handler = wire(
  preflightOrPlanHandler({
    ...world,
    migrations,
    mappingId: environment.mapping,
    stack: environment.stack,
    executions: sdkExecutions(new SFNClient({ requestHandler: http })),
    operations: sdkOperations({
      dynamodb,
      lambda: new LambdaClient(once),
      backup: new BackupClient(once),
      scaling: new ApplicationAutoScalingClient(once),
      trail: new CloudTrailClient(once),
    }),
  }),
)
