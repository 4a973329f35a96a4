import path from 'node:path'
import { App, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { AttributeType, BillingMode, StreamViewType, Table } from 'aws-cdk-lib/aws-dynamodb'
import { Segue } from 'dynamodb-segue/infra'

const app = new App()
const stack = new Stack(app, app.node.tryGetContext('stack') ?? 'Dawson')

const key = {
  partitionKey: { name: 'pk', type: AttributeType.STRING },
  sortKey: { name: 'sk', type: AttributeType.STRING },
  billingMode: BillingMode.PAY_PER_REQUEST,
  // An example leaves nothing behind. Tables that matter are made elsewhere, and handed over or named in the options.
  removalPolicy: RemovalPolicy.DESTROY,
}

new Segue(stack, 'Segue', {
  migrations: path.join(import.meta.dirname, 'migrations.ts'),
  sourceTable: new Table(stack, 'Alpha', { ...key, stream: StreamViewType.NEW_AND_OLD_IMAGES }),
  destinationTable: new Table(stack, 'Beta', key),
})
