import { type DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb'

/** Spoils one item behind everybody's back, to see the comparison notice. */
export async function corruptOneItem(client: DynamoDBClient, table: string): Promise<void> {
  const { Items = [] } = await client.send(new ScanCommand({ TableName: table, Limit: 1 }))
  await client.send(new PutItemCommand({ TableName: table, Item: { ...Items[0], corrupted: { BOOL: true } } }))
}
