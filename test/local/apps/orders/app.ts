import path from 'node:path'
import { App, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { AttributeType, BillingMode, StreamViewType, Table } from 'aws-cdk-lib/aws-dynamodb'
import { Segue } from '../../../../infra/index.ts'

/** An app as a user may have it: other key types than the example, production's options, a stack beside Segue's. */
const app = new App()
const stack = new Stack(app, 'Orders')
new Table(new Stack(app, 'Elsewhere'), 'Table', { partitionKey: { name: 'id', type: AttributeType.STRING } })

const key = {
  partitionKey: { name: 'customer', type: AttributeType.BINARY },
  sortKey: { name: 'number', type: AttributeType.NUMBER },
  billingMode: BillingMode.PAY_PER_REQUEST,
  removalPolicy: RemovalPolicy.DESTROY,
}

new Segue(stack, 'Segue', {
  migrations: path.join(import.meta.dirname, 'migrations.ts'),
  sourceTable: new Table(stack, 'Old', { ...key, stream: StreamViewType.NEW_AND_OLD_IMAGES }),
  destinationTable: new Table(stack, 'New', key),
})
