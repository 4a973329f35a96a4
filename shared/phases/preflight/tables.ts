import { describeSchema, sameSchema } from '../../dynamodb/key.ts'
import type { TableDescription } from '../../dynamodb/sdk/describe.ts'
import type { Found } from './finding.ts'
import { type Answer, type Import, isUnanswered } from './operations.ts'
import { type About, isReady, probe } from './probe.ts'

/** What each table is being filled from, of those that are being created. */
type Imports = Record<string, Answer<Import[]>>

export const sameTable = probe({
  finds: 'source and destination are the same table',
  asks: 'DescribeTable',
  blocks: 'yes',
  clear: 'Name two tables in the options and deploy again.',
  ask: async () => ({}),
  judge: (_, { source, destination }) =>
    source.arn === destination.arn
      ? [
          {
            what: `Source and destination are the same table (${source.name})`,
            blocks: true,
            clear: 'Name two tables in the options and deploy again.',
            error: 'same-table',
          },
        ]
      : [],
})

export const tableState = probe<Imports>({
  finds: 'a table that is being created, deleted, restored or imported into',
  asks: 'DescribeTable, ListImports',
  blocks: 'yes',
  clear: 'Wait until it is ACTIVE.',
  async ask({ source, destination, operations }) {
    const creating = [source, destination].filter(({ status }) => status === 'CREATING')
    const imports = creating.map(async ({ name, arn }) => [name, await operations.imports(arn)] as const)
    return Object.fromEntries(await Promise.all(imports))
  },
  judge: (imports, { source, destination }) =>
    [source, destination].flatMap((table) => (isReady(table) ? [] : [notReady(table, imports[table.name])])),
})

/** Why a table is not ready: what fills it, where that is known. */
export function notReady(table: TableDescription, imports: Answer<Import[]> | undefined): Found {
  const { name, status, restored } = table
  const base = {
    blocks: true,
    clear: 'Wait until it is ACTIVE and start again.',
    error: 'table-not-ready',
  } as const
  const [imported] = imports === undefined || isUnanswered(imports) ? [] : imports
  if (imported)
    return {
      ...base,
      what: `Table ${name} is ${status}: it is being imported from ${imported.from}`,
      ...(imported.since !== undefined && { since: imported.since }),
      calls: { events: ['ImportTable'], table: name },
    }
  if (restored)
    return {
      ...base,
      what: `Table ${name} is ${status}: it is being restored`,
      calls: { events: ['RestoreTableFromBackup', 'RestoreTableToPointInTime'], table: name },
    }
  return {
    ...base,
    what: `Table ${name} is ${status}`,
    calls: { events: status === 'DELETING' ? ['DeleteTable'] : ['CreateTable', 'UpdateTable'], table: name },
  }
}

export const strongReplicas = probe({
  finds: 'a destination with multi-Region strong consistency, which takes no transactions',
  asks: 'DescribeTable',
  blocks: 'yes',
  clear: 'Create the destination in one Region, or with multi-Region eventual consistency.',
  ask: async () => ({}),
  judge: (_, { destination }) =>
    destination.multiRegionStrong
      ? [
          {
            what: `Table ${destination.name} is a global table with multi-Region strong consistency, which takes no transactions, and live changes, Settle and Repair write in transactions`,
            blocks: true,
            clear: 'Create the destination in one Region, or with multi-Region eventual consistency.',
            error: 'multi-region-strong',
          },
        ]
      : [],
})

export const keysDiffer = probe({
  finds: 'source and destination have different keys',
  asks: 'DescribeTable',
  blocks: 'yes',
  clear: 'Create the destination with the key schema of the source.',
  ask: async () => ({}),
  judge: (_, { source, destination }) =>
    sameSchema(source.schema, destination.schema)
      ? []
      : [
          {
            what: `The key of ${source.name} is ${describeSchema(source.schema)}, the key of ${destination.name} is ${describeSchema(destination.schema)}`,
            blocks: true,
            clear: 'Create the destination with the key schema of the source.',
            error: 'schema-mismatch',
          },
        ],
})

export const backfilling = probe({
  finds: 'an index that is being built',
  asks: 'DescribeTable',
  blocks: 'no',
  clear: 'Wait until it is ACTIVE: building it takes write capacity of its own, and slows a run into the table.',
  ask: async () => ({}),
  judge: (_, { source, destination }) => [source, destination].flatMap(beingBuilt),
})

export function beingBuilt({ name: table, indexes = [] }: Pick<TableDescription, 'name' | 'indexes'>): Found[] {
  return indexes
    .filter(({ building }) => building)
    .map(({ name }) => ({
      what: `Index ${name} of ${table} is being built`,
      blocks: false,
      clear: `Wait until \`aws dynamodb describe-table --table-name ${table}\` says that it is ACTIVE: a run into the table is slower meanwhile.`,
      calls: { events: ['UpdateTable'], table },
    }))
}

export const replicas = probe({
  finds: 'replicas of the destination',
  asks: 'DescribeTable',
  blocks: 'no',
  clear: 'Nothing, or add the replicas after the run: each write is made in each Region, and paid for there.',
  ask: async () => ({}),
  judge: (_, { destination: { name, replicas: regions = [] } }: About) =>
    regions.length === 0
      ? []
      : [
          {
            what: `Table ${name} has replicas in ${regions.join(', ')}: each write of a run is made there, too`,
            blocks: false,
            clear: 'Nothing, or add the replicas after the run: they then receive the items once.',
          },
        ],
})
