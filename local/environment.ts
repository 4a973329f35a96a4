/** Region and account of the local stack; nothing else in the project assumes them. */
export const LOCAL_REGION = 'us-east-1'
export const LOCAL_ACCOUNT = '000000000000'

/**
 * The variables that point the AWS SDKs, the AWS CLI and the CDK at a local endpoint. The keys are dummies and the
 * profile and config files are switched off, so that a request can never reach a real account.
 */
export function localEnvironment(endpoint: string, region = LOCAL_REGION): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  }
}

/** The same for an SDK client made in this process: `new DynamoDBClient(localClient(endpoint))`. */
export function localClient(endpoint: string, region = LOCAL_REGION) {
  return { endpoint, region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } }
}
