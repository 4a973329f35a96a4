import type { PutItemCommandInput } from '@aws-sdk/client-dynamodb'
import type { AttributeValue, KeyType } from '../attributes.ts'
import type { KeySchema } from '../key.ts'

const madeUp: Record<KeyType, AttributeValue> = {
  S: { S: 'segue: this is never written' },
  N: { N: '0' },
  B: { B: Uint8Array.of(0) },
}

/** A put that is valid wherever puts are, and never writes: its condition cannot hold. */
export function probePut(name: string, { pk, sk }: KeySchema): PutItemCommandInput {
  return {
    TableName: name,
    Item: { [pk.name]: madeUp[pk.type], ...(sk && { [sk.name]: madeUp[sk.type] }) },
    ConditionExpression: 'attribute_exists(#pk) AND attribute_not_exists(#pk)',
    ExpressionAttributeNames: { '#pk': pk.name },
  }
}
