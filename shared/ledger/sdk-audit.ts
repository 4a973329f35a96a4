import { type DynamoDBClient, ExecuteStatementCommand, QueryCommand } from '@aws-sdk/client-dynamodb'
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb'
import type { Attributes } from '../dynamodb/attributes.ts'
import { insertStatement } from '../dynamodb/sdk/insert-statement.ts'
import { type AuditEntry, type AuditLog, auditPk, auditSk } from './audit.ts'

const schema = { pk: { name: 'pk', type: 'S' }, sk: { name: 'sk', type: 'S' } } as const

/**
 * {@link AuditLog} over DynamoDB. Rows are inserted by PartiQL, which refuses a key that exists, and has a permission of its own: a role
 * that may insert cannot overwrite.
 */
export function sdkAuditLog(client: Pick<DynamoDBClient, 'send'>, table: string): AuditLog {
  return {
    async add(destination, entry) {
      const row = marshall({ pk: auditPk(destination), sk: auditSk(entry), ...entry }, { removeUndefinedValues: true })
      const statement = insertStatement(table, schema, row as Attributes)
      try {
        await client.send(new ExecuteStatementCommand(statement!))
      } catch (error) {
        if ((error as Error).name !== 'DuplicateItemException') throw error
      }
    },
    async newest(destination, most) {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': { S: auditPk(destination) } },
          ScanIndexForward: false,
          Limit: most,
          ConsistentRead: true,
        }),
      )
      return Items.map((item) => {
        const { pk: _pk, sk: _sk, ...entry } = unmarshall(item)
        return entry as AuditEntry
      }).toReversed()
    },
  }
}
