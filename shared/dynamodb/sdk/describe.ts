import {
  DescribeTableCommand,
  type DynamoDBClient,
  type GlobalSecondaryIndexDescription,
  type KeySchemaElement,
  type LocalSecondaryIndexDescription,
  type TableDescription as SdkDescription,
  type WarmThroughput,
} from '@aws-sdk/client-dynamodb'
import type { KeyType } from '../attributes.ts'
import { type IndexKey, type KeyAttribute, maxPkBytes, maxSkBytes, type TableSchema } from '../key.ts'
import { calling } from './errors.ts'

type SecondaryIndex = GlobalSecondaryIndexDescription | LocalSecondaryIndexDescription

/** A table as the control plane sees it. */
export interface TableDescription {
  name: string
  arn: string
  /** TableId: another when a table is deleted and made anew under its name. DynamoDB Local has none. */
  id?: string
  schema: TableSchema
  /** `ACTIVE`, `CREATING`, `UPDATING`, `DELETING`, … */
  status: string
  /** Up to about six hours old, like `sizeBytes`: use it for plans, never for decisions. */
  itemCount: number
  sizeBytes: number
  /** No value: it has none. */
  indexes?: TableIndex[]
  /** Regions of the other replicas of a global table. No value: it is not a global table. */
  replicas?: string[]
  /** It is being restored from a backup or a point in time. */
  restored?: true
  /** Its replicas are strongly consistent (MRSC): it takes no transactions. */
  multiRegionStrong?: true
  /** The stream, while it is enabled. */
  stream?: { arn: string; viewType: string }
  /** No value: not known. */
  throughput?: Throughput
}

/** Units a second. */
export interface Rate {
  readUnits: number
  writeUnits: number
}

/** What a table or a global index takes. */
export interface Throughput {
  mode: 'on-demand' | 'provisioned'
  /** What it takes at once, without growing first. DynamoDB Local does not say it. */
  warm?: Rate
  /** What is provisioned; on demand, the most that somebody allows. No value: no such limit. */
  limit?: Partial<Rate>
  /** What auto scaling may raise it to, as Application Auto Scaling says. No value: not known. */
  scalesTo?: Partial<Rate>
}

/** A secondary index, even if it is still being built. */
export interface TableIndex {
  name: string
  kind: 'global' | 'local'
  /** Names of its key attributes. An item that lacks one of them is not in the index. */
  keys: string[]
  /** Names of the attributes it holds in addition to its own key and the table's. */
  projected: 'all' | string[]
  /** It is being built of the items that are there. */
  building?: true
  /** Of a global index; a local one shares its table's. No value: not known. */
  throughput?: Throughput
}

/**
 * Schema, size and state of a table.
 * @throws DynamoDbError `table-not-found` or `access-denied`, saying what to check; `throttled` or `unavailable`.
 */
export async function describeTable(client: DynamoDBClient, name: string): Promise<TableDescription> {
  const command = new DescribeTableCommand({ TableName: name })
  const { Table: table = {} } = await calling('DescribeTable', name, () => client.send(command))
  const { StreamSpecification: stream, LatestStreamArn: streamArn } = table
  const indexes = indexesOf(table)
  const replicas = replicasOf(table)
  const throughput = throughputOf(table, modeOf(table))
  return {
    name: table.TableName ?? name,
    arn: table.TableArn ?? '',
    ...(table.TableId && { id: table.TableId }),
    schema: schemaOf(table),
    status: table.TableStatus ?? 'UNKNOWN',
    itemCount: table.ItemCount ?? 0,
    sizeBytes: table.TableSizeBytes ?? 0,
    ...(indexes.length > 0 && { indexes }),
    ...(replicas.length > 0 && { replicas }),
    ...(table.RestoreSummary?.RestoreInProgress && { restored: true as const }),
    ...(table.MultiRegionConsistency === 'STRONG' && { multiRegionStrong: true as const }),
    ...(stream?.StreamEnabled && streamArn && { stream: { arn: streamArn, viewType: stream.StreamViewType ?? '' } }),
    ...(throughput && { throughput }),
  }
}

/** The TableIds of the tables of a run, as far as they have one. */
export function tableIdsOf(source: TableDescription | undefined, destination: TableDescription) {
  return { ...(source?.id && { source: source.id }), ...(destination.id && { destination: destination.id }) }
}

function schemaOf(table: SdkDescription): TableSchema {
  const [pk] = keyHalf(table, table.KeySchema, 'HASH')
  if (!pk) throw new TypeError('Expected DescribeTable to name the partition key, got a table without one')
  const [sk] = keyHalf(table, table.KeySchema, 'RANGE')
  const indexKeys = indexKeysOf(table)
  return { pk, ...(sk && { sk }), ...(indexKeys.length > 0 && { indexKeys }) }
}

/** A table that was never on demand has no summary of its billing. */
function modeOf({ BillingModeSummary, ProvisionedThroughput }: SdkDescription): Throughput['mode'] | undefined {
  if (BillingModeSummary?.BillingMode === 'PAY_PER_REQUEST') return 'on-demand'
  return (ProvisionedThroughput?.WriteCapacityUnits ?? 0) > 0 ? 'provisioned' : undefined
}

type Throughputs = Pick<GlobalSecondaryIndexDescription, 'ProvisionedThroughput' | 'OnDemandThroughput'> & {
  WarmThroughput?: WarmThroughput | undefined
}

function throughputOf(of: Throughputs, mode: Throughput['mode'] | undefined): Throughput | undefined {
  if (!mode) return undefined
  const { WarmThroughput: warm, ProvisionedThroughput: provisioned, OnDemandThroughput: most } = of
  const [readUnits, writeUnits] =
    mode === 'provisioned'
      ? [provisioned?.ReadCapacityUnits, provisioned?.WriteCapacityUnits]
      : [most?.MaxReadRequestUnits, most?.MaxWriteRequestUnits]
  // -1 stands for no limit.
  const limit = {
    ...(readUnits !== undefined && readUnits > 0 && { readUnits }),
    ...(writeUnits !== undefined && writeUnits > 0 && { writeUnits }),
  }
  return {
    mode,
    ...(warm?.ReadUnitsPerSecond &&
      warm.WriteUnitsPerSecond && {
        warm: { readUnits: warm.ReadUnitsPerSecond, writeUnits: warm.WriteUnitsPerSecond },
      }),
    ...(Object.keys(limit).length > 0 && { limit }),
  }
}

function indexesOf(table: SdkDescription): TableIndex[] {
  const { GlobalSecondaryIndexes = [], LocalSecondaryIndexes = [] } = table
  const mode = modeOf(table)
  const one =
    (kind: TableIndex['kind']) =>
    ({ IndexName: name = '', KeySchema = [], Projection = {}, ...rest }: SecondaryIndex): TableIndex => ({
      name,
      kind,
      keys: KeySchema.flatMap(({ AttributeName }) => AttributeName ?? []),
      projected: Projection.ProjectionType === 'ALL' ? 'all' : (Projection.NonKeyAttributes ?? []),
      ...('IndexStatus' in rest && rest.IndexStatus === 'CREATING' && { building: true as const }),
    })
  const global = GlobalSecondaryIndexes.map((index): TableIndex => {
    const throughput = throughputOf(index, mode)
    return { ...one('global')(index), ...(throughput && { throughput }) }
  })
  return [...global, ...LocalSecondaryIndexes.map(one('local'))]
}

function replicasOf({ TableArn = '', Replicas = [] }: SdkDescription): string[] {
  const own = TableArn.split(':')[3]
  return Replicas.flatMap(({ RegionName }) => (RegionName && RegionName !== own ? [RegionName] : []))
}

/** The partition and sort keys of every index, including indexes that are still being built. */
function indexKeysOf(table: SdkDescription): IndexKey[] {
  const indexes = [...(table.LocalSecondaryIndexes ?? []), ...(table.GlobalSecondaryIndexes ?? [])]
  return indexes
    .flatMap(({ KeySchema }) => [
      { attributes: keyHalf(table, KeySchema, 'HASH'), maxBytes: maxPkBytes },
      { attributes: keyHalf(table, KeySchema, 'RANGE'), maxBytes: maxSkBytes },
    ])
    .filter(({ attributes }) => attributes.length > 0)
}

function keyHalf(table: SdkDescription, key: KeySchemaElement[] = [], role: 'HASH' | 'RANGE'): KeyAttribute[] {
  return key
    .filter(({ KeyType }) => KeyType === role)
    .flatMap(({ AttributeName: name }) => {
      const type = table.AttributeDefinitions?.find(({ AttributeName }) => AttributeName === name)?.AttributeType
      return name && type ? [{ name, type: type as KeyType }] : []
    })
}
