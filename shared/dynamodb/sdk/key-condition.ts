import type { Attributes, KeyValue } from '../attributes.ts'
import { type KeySchema, keyAttributes } from '../key.ts'
import type { QueryRequest } from '../ports.ts'

/** The part of a Query that selects the items. */
export interface KeyCondition {
  KeyConditionExpression: string
  ExpressionAttributeNames: Record<string, string>
  ExpressionAttributeValues: Attributes
  ExclusiveStartKey?: Attributes
}

/**
 * `(after, upTo]` as one condition on the sort key: DynamoDB allows only one, and the start key must lie inside it.
 * Forwards, `after` is the start key, which excludes it. Backwards there is no start key, and a condition with two
 * bounds includes `after`: the caller drops it.
 */
export function keyCondition(
  schema: KeySchema,
  { pk, after, upTo, reverse }: Pick<QueryRequest, 'pk' | 'after' | 'upTo' | 'reverse'>,
): KeyCondition {
  const sort = sortCondition(after, upTo, reverse)
  return {
    KeyConditionExpression: sort ? `#pk = :pk AND ${sort}` : '#pk = :pk',
    ExpressionAttributeNames: { '#pk': schema.pk.name, ...(sort && schema.sk && { '#sk': schema.sk.name }) },
    ExpressionAttributeValues: {
      ':pk': pk,
      ...(sort && after && { ':after': after }),
      ...(upTo && { ':upTo': upTo }),
    },
    ...(after && !reverse && { ExclusiveStartKey: keyAttributes(schema, { pk, sk: after }) }),
  }
}

function sortCondition(after?: KeyValue, upTo?: KeyValue, reverse?: boolean): string | undefined {
  if (after && upTo) return '#sk BETWEEN :after AND :upTo'
  if (upTo) return '#sk <= :upTo'
  return after && reverse ? '#sk > :after' : undefined
}
