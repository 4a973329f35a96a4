import type { ConsumedCapacity } from '@aws-sdk/client-dynamodb'
import type { Attributes } from '../attributes.ts'
import { itemBytes } from '../item-size.ts'

/** Bytes that a write unit writes. Source: "Throughput capacity", Amazon DynamoDB Developer Guide. */
const writeUnitBytes = 1_024

/** Units that it takes to write an item, apart from indexes: what is reported says more. */
export function writeUnits(attributes: Attributes): number {
  return Math.max(1, Math.ceil(itemBytes(attributes) / writeUnitBytes))
}

/** The units that a call took, indexes included; `undefined` where the service does not say. */
export function tookUnits(consumed: ConsumedCapacity | ConsumedCapacity[] | undefined): number | undefined {
  const all = [consumed ?? []].flat()
  if (all.length === 0) return undefined
  return all.reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0)
}
