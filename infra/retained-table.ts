import { RemovalPolicy } from 'aws-cdk-lib'
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { Construct } from 'constructs'

/**
 * The table that remembers every run. It outlives the stack, because nothing else records which migrations are applied.
 * Chunk rows and heads expire by TTL.
 * @param encryptionKey Without one, the table is encrypted under the key that AWS manages in this account.
 */
export function ledgerTable(scope: Construct, encryptionKey: IKey | undefined): Table {
  return retainedTable(scope, 'Ledger', encryptionKey, 'expiresAt')
}

/** The table of the switch. It outlives the stack, because applications write nothing without it. Nothing in it expires. */
export function switchTable(scope: Construct, encryptionKey: IKey | undefined): Table {
  return retainedTable(scope, 'Switch', encryptionKey)
}

function retainedTable(
  scope: Construct,
  id: string,
  encryptionKey: IKey | undefined,
  timeToLiveAttribute?: string,
): Table {
  return new Table(scope, id, {
    partitionKey: { name: 'pk', type: AttributeType.STRING },
    sortKey: { name: 'sk', type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    ...(timeToLiveAttribute !== undefined && { timeToLiveAttribute }),
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    ...(encryptionKey
      ? { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey }
      : { encryption: TableEncryption.AWS_MANAGED }),
    // Not `RETAIN`: a first deployment that rolls back would leave the table behind. The same wherever something outlives the stack.
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  })
}
