import { type DynamoDBClient, ListTagsOfResourceCommand, TagResourceCommand } from '@aws-sdk/client-dynamodb'
import { calling } from './errors.ts'

/** A table as its tags are asked for. */
export interface TaggedTable {
  name: string
  arn: string
}

/**
 * The value of one tag of a table; `undefined` if it has none, as on DynamoDB Local, which knows no tags.
 * @throws DynamoDbError `access-denied`, `table-not-found`, `throttled` or `unavailable`.
 */
export async function readTag(client: DynamoDBClient, table: TaggedTable, key: string): Promise<string | undefined> {
  let next: string | undefined
  do {
    const command = new ListTagsOfResourceCommand({ ResourceArn: table.arn, ...(next && { NextToken: next }) })
    const { Tags = [], NextToken } = await calling('ListTagsOfResource', table.name, () =>
      unlessUnknown(client.send(command)),
    )
    const tag = Tags.find(({ Key }) => Key === key)
    if (tag) return tag.Value
    next = NextToken
  } while (next)
  return undefined
}

/** Sets one tag of a table; does nothing on DynamoDB Local. @throws DynamoDbError as {@link readTag} does. */
export async function writeTag(client: DynamoDBClient, table: TaggedTable, key: string, value: string): Promise<void> {
  const command = new TagResourceCommand({ ResourceArn: table.arn, Tags: [{ Key: key, Value: value }] })
  await calling('TagResource', table.name, () => unlessUnknown(client.send(command)))
}

async function unlessUnknown<T extends object>(response: Promise<T>): Promise<Partial<T>> {
  try {
    return await response
  } catch (error) {
    if ((error as Error).name === 'UnknownOperationException') return {}
    throw error
  }
}
