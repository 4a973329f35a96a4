import { type Attributes, type AttributeValue, attributeOf } from '../../dynamodb/attributes.ts'
import { itemBytes, utf8Bytes, valueBytes } from '../../dynamodb/item-size.ts'
import type { TableIndex } from '../../dynamodb/sdk/describe.ts'

/** The most units a second that one partition serves. Source: DynamoDB developer guide, "Burst and adaptive capacity". */
export const partitionWriteUnits = 1_000
export const partitionReadUnits = 3_000

/** The most write units a second that a new on-demand table serves. Source: DynamoDB developer guide, "On-demand capacity mode". */
export const newTableWriteUnits = 4_000

/** The most write units a second that a table may have, unless AWS has raised it for the account. Source: DynamoDB developer guide, "Quotas". */
export const quotaWriteUnits = 40_000

/** Source of both: DynamoDB developer guide, "Read/write capacity": one unit for each started 1 KB or 4 KB. */
const writeUnitBytes = 1_024
const readUnitBytes = 4_096

/** Write units of one item. */
export function writeUnitsOf(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / writeUnitBytes))
}

/** Read units of one item, or of one that is absent (0 bytes), read by its key, strongly consistent. */
export function readUnitsOf(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / readUnitBytes))
}

/** Read units of a scan; an eventually consistent one costs half. */
export function scanUnitsOf(bytes: number, consistent: boolean): number {
  return Math.ceil(bytes / readUnitBytes / (consistent ? 1 : 2))
}

/** Size in bytes of one item in an index, as write units are calculated from it; 0 if the item is not in the index. */
export function indexBytes(attributes: Attributes, { keys, projected }: TableIndex, tableKeys: string[]): number {
  if (keys.some((name) => attributeOf(attributes, name) === undefined)) return 0
  if (projected === 'all') return itemBytes(attributes)
  let bytes = 0
  for (const name of new Set([...tableKeys, ...keys, ...projected])) {
    const value: AttributeValue | undefined = attributeOf(attributes, name)
    if (value) bytes += utf8Bytes(name) + valueBytes(value)
  }
  return bytes
}
