/** The embedded default: AWS on this machine, without an account and without Docker. */
export { type DeployOptions, deploy, destroy, type StackOutputs } from './deploy.ts'
export { type DynamoDbLocal, startDynamoDbLocal } from './dynamodb-local/start.ts'
export { type Emulator, type EmulatorOptions, startEmulator } from './emulator/start.ts'
export { LOCAL_ACCOUNT, LOCAL_REGION, localClient, localEnvironment } from './environment.ts'
