import path from 'node:path'
import { App, Stack } from 'aws-cdk-lib'
import { Table } from 'aws-cdk-lib/aws-dynamodb'
import { OptionsError } from '../shared/config/errors.ts'
import { Segue } from './segue.ts'

/**
 * The app of the root `cdk.json`, to deploy from this repository. Context: `segue` holds the options, `migrations` the path
 * of the module that exports the migrations, `search` that of the module of index definitions, if there is one, `stack` the name of
 * the stack, `ledger` the name of an earlier stack's ledger, if there is one.
 */
const app = new App()

const migrations: unknown = app.node.tryGetContext('migrations')
if (typeof migrations !== 'string')
  throw new OptionsError(['`migrations`: expected the path of a module'], 'context (cdk.json or `-c migrations=…`)')

const stack = new Stack(app, app.node.tryGetContext('stack') ?? 'Segue', {
  description: 'Segue: migrates a DynamoDB table',
})
const ledger: unknown = app.node.tryGetContext('ledger')
const search: unknown = app.node.tryGetContext('search')
new Segue(stack, 'Segue', {
  migrations: path.resolve(migrations),
  ...(typeof search === 'string' && { search: path.resolve(search) }),
  ...(typeof ledger === 'string' && { ledger: Table.fromTableName(stack, 'Ledger', ledger) }),
})
