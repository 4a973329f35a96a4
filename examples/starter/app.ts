import path from 'node:path'
import { App, Stack } from 'aws-cdk-lib'
import { Segue } from 'dynamodb-segue/infra'

/** Which tables, and every other option: `context.segue` in cdk.json. */
const app = new App()
const stack = new Stack(app, 'Segue', { description: 'Migrates a DynamoDB table' })
new Segue(stack, 'Segue', { migrations: path.join(import.meta.dirname, 'migrations.ts') })
