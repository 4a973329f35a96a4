/** The embedded default: AWS on this machine, without an account and without Docker. */
export { deploy } from './deploy.ts'
export { type DynamoDbLocal, startDynamoDbLocal } from './dynamodb-local/start.ts'
export { type Emulator, startEmulator } from './emulator/start.ts'
export { localClient, localEnvironment } from './environment.ts'
