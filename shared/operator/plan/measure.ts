import type { KeyValue } from '../../dynamodb/attributes.ts'
import { itemBytes } from '../../dynamodb/item-size.ts'
import { encodeKeyValue, type Key, type TableSchema } from '../../dynamodb/key.ts'
import type { Page } from '../../dynamodb/ports.ts'
import type { RawItem } from '../../dynamodb/raw-item.ts'
import type { TableIndex } from '../../dynamodb/sdk/describe.ts'
import { migrateItem } from '../../migrations/migrate-item.ts'
import type { Migration } from '../../migrations/migration.ts'
import { sourceKeys } from '../../migrations/source-keys.ts'
import { indexBytes, readUnitsOf, writeUnitsOf } from './units.ts'

/** Where items will be written, and by which migrations. */
export interface Target {
  schema: TableSchema
  indexes: readonly TableIndex[]
  /** The pending ones; absent if not known: then each item is measured as it is. */
  migrations?: readonly Migration[]
}

/** The sums over the items of a page, or of a whole sample. Read units are those of strongly consistent reads by key. */
export interface Sums {
  items: number
  bytes: number
  quarantined: number
  outputs: number
  outputBytes: number
  /** Of the destination and its local indexes, which share its partitions. */
  writeUnits: number
  /** To read each output. */
  readUnits: number
  /** To read the possible source items of each output. */
  originUnits: number
  /** Of each index of the target, in its order. */
  indexes: { bytes: number; writeUnits: number }[]
}

export function noSums(indexes: number): Sums {
  return {
    items: 0,
    bytes: 0,
    quarantined: 0,
    outputs: 0,
    outputBytes: 0,
    writeUnits: 0,
    readUnits: 0,
    originUnits: 0,
    indexes: Array.from({ length: indexes }, () => ({ bytes: 0, writeUnits: 0 })),
  }
}

export function addSums(a: Sums, b: Sums): Sums {
  return {
    items: a.items + b.items,
    bytes: a.bytes + b.bytes,
    quarantined: a.quarantined + b.quarantined,
    outputs: a.outputs + b.outputs,
    outputBytes: a.outputBytes + b.outputBytes,
    writeUnits: a.writeUnits + b.writeUnits,
    readUnits: a.readUnits + b.readUnits,
    originUnits: a.originUnits + b.originUnits,
    indexes: a.indexes.map((index, i) => ({
      bytes: index.bytes + (b.indexes[i]?.bytes ?? 0),
      writeUnits: index.writeUnits + (b.indexes[i]?.writeUnits ?? 0),
    })),
  }
}

/** A partition key that filled a whole page. */
export interface FullPage {
  /** As `encodeKeyValue` writes it. */
  key: string
  /** Mean write units of the items on that page. */
  writeUnitsPerItem: number
}

export interface Measured extends Sums {
  next?: Key
  full?: FullPage & { pk: KeyValue }
}

/** Reduces a page to its sums, so that memory never holds 200 pages. */
export function measure({ items, next }: Page, target: Target): Measured {
  const sums = noSums(target.indexes.length)
  for (const item of items) add(sums, item, target)
  const keys = new Set(items.map(({ key }) => encodeKeyValue(key.pk)))
  const [key] = keys
  const [first] = items
  const isFull = next?.sk !== undefined && first !== undefined && key !== undefined && keys.size === 1
  return {
    ...sums,
    ...(next && { next }),
    ...(isFull && { full: { key, pk: first.key.pk, writeUnitsPerItem: sums.writeUnits / items.length } }),
  }
}

function add(sums: Sums, item: RawItem, { schema, indexes, migrations = [] }: Target): void {
  const result = migrateItem(migrations, schema, item)
  const bytes = itemBytes(item.attributes())
  const tableKeys = [schema.pk.name, ...(schema.sk ? [schema.sk.name] : [])]
  sums.items++
  sums.bytes += bytes
  if (result.kind === 'quarantined') sums.quarantined++
  for (const output of 'outputs' in result ? result.outputs : []) {
    const attributes = output.attributes()
    const size = itemBytes(attributes)
    sums.outputs++
    sums.outputBytes += size
    sums.writeUnits += writeUnitsOf(size)
    sums.readUnits += readUnitsOf(size)
    // One of the possible source items is this one; the others are most likely absent.
    sums.originUnits += readUnitsOf(bytes) + sourceKeys(migrations, schema, output.key).keys.length - 1
    for (const [i, index] of indexes.entries()) {
      const sum = sums.indexes[i]
      const inIndex = indexBytes(attributes, index, tableKeys)
      if (!sum || inIndex === 0) continue
      sum.bytes += inIndex
      sum.writeUnits += writeUnitsOf(inIndex)
      if (index.kind === 'local') sums.writeUnits += writeUnitsOf(inIndex)
    }
  }
}
