import { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { SFNClient } from '@aws-sdk/client-sfn'

/** Which account to talk to: empty for AWS as the environment says, filled in for a local stack. */
export interface ClientConfig {
  endpoint?: string
  region?: string
  credentials?: { accessKeyId: string; secretAccessKey: string }
}

/** Milliseconds that a connection and a whole request may take, so that a half-open connection does not hang a command. */
export interface Patience {
  connectionTimeout: number
  requestTimeout: number
}

const patience: Patience = { connectionTimeout: 5_000, requestTimeout: 30_000 }

/** The services that commands ask, over the AWS SDK. */
export function openClients(config: ClientConfig, limits = patience) {
  // Without the last, the SDK only logs that a request takes too long, and goes on waiting.
  const common = { ...config, requestHandler: { ...limits, throwOnRequestTimeout: true } }
  return {
    cloudFormation: new CloudFormationClient(common),
    // Retrying happens once, in the `retrying` adapters of tables and of the ledger.
    dynamodb: new DynamoDBClient({ ...common, maxAttempts: 1 }),
    lambda: new LambdaClient(common),
    stepFunctions: new SFNClient(common),
  }
}
