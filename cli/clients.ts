import { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { SFNClient } from '@aws-sdk/client-sfn'
import { STSClient } from '@aws-sdk/client-sts'

/** Where requests go. Empty: to AWS, as the environment says. Filled in: to a local stack. */
export interface ClientConfig {
  endpoint?: string
  region?: string
  credentials?: { accessKeyId: string; secretAccessKey: string }
}

/** Limits of a connection and of a whole request, ms, so that a half-open connection does not hang a command. */
export interface Patience {
  connectionTimeout: number
  requestTimeout: number
}

const patience: Patience = { connectionTimeout: 5_000, requestTimeout: 30_000 }

/** The SDK clients that the commands use. */
export function openClients(config: ClientConfig, limits = patience) {
  // Without throwOnRequestTimeout the SDK only logs a slow request and keeps waiting.
  const common = { ...config, requestHandler: { ...limits, throwOnRequestTimeout: true } }
  return {
    cloudFormation: new CloudFormationClient(common),
    // The `retrying` adapters of tables and ledger retry, so the SDK must not.
    dynamodb: new DynamoDBClient({ ...common, maxAttempts: 1 }),
    lambda: new LambdaClient(common),
    stepFunctions: new SFNClient(common),
    // Asked once, for a name alone: nobody waits for it for long.
    sts: new STSClient({ ...common, maxAttempts: 1 }),
  }
}
