import { type DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb'

/** Changes one item of the destination, to check that the comparison finds it. */
export async function corruptOneItem(client: DynamoDBClient, table: string): Promise<void> {
  const { Items = [] } = await client.send(new ScanCommand({ TableName: table, Limit: 1 }))
  await client.send(new PutItemCommand({ TableName: table, Item: { ...Items[0], corrupted: { BOOL: true } } }))
}
