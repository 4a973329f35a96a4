import { expect, test } from 'vitest'
import { describeTable } from '../../../shared/dynamodb/sdk/describe.ts'
import { stubClient } from '../../contract/stub-client.ts'

const hash = (AttributeName: string) => ({ AttributeName, KeyType: 'HASH' })
const range = (AttributeName: string) => ({ AttributeName, KeyType: 'RANGE' })
const described = {
  TableName: 'beta',
  TableArn: 'arn:aws:dynamodb:eu-west-1:111122223333:table/beta',
  AttributeDefinitions: ['pk', 'sk', 'a', 'b'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
  KeySchema: [hash('pk'), range('sk')],
}

const describing = (more: object) =>
  describeTable(
    stubClient(() => ({ body: { Table: { ...described, ...more } } })),
    'beta',
  )

test('a table names its indexes and what they hold', async () => {
  const { indexes } = await describing({
    GlobalSecondaryIndexes: [
      { IndexName: 'everything', KeySchema: [hash('a')], Projection: { ProjectionType: 'ALL' } },
      {
        IndexName: 'some',
        KeySchema: [hash('a'), range('b')],
        Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['title'] },
      },
    ],
    LocalSecondaryIndexes: [
      { IndexName: 'keys', KeySchema: [hash('pk'), range('b')], Projection: { ProjectionType: 'KEYS_ONLY' } },
    ],
  })
  expect(indexes).toEqual([
    { name: 'everything', kind: 'global', keys: ['a'], projected: 'all' },
    { name: 'some', kind: 'global', keys: ['a', 'b'], projected: ['title'] },
    { name: 'keys', kind: 'local', keys: ['pk', 'b'], projected: [] },
  ])
})

test('a global table names the regions of its other replicas, never its own', async () => {
  const { replicas } = await describing({ Replicas: [{ RegionName: 'eu-west-1' }, { RegionName: 'us-west-2' }] })
  expect(replicas).toEqual(['us-west-2'])
})

test('a table without indexes and replicas names none', async () => {
  expect(await describing({})).not.toHaveProperty('indexes')
  expect(await describing({ Replicas: [{ RegionName: 'eu-west-1' }] })).not.toHaveProperty('replicas')
})

test('a global table says whether its replicas are strongly consistent', async () => {
  expect(await describing({ MultiRegionConsistency: 'STRONG' })).toMatchObject({ multiRegionStrong: true })
  for (const table of [{}, { MultiRegionConsistency: 'EVENTUAL' }])
    expect(await describing(table)).not.toHaveProperty('multiRegionStrong')
})

test('a table on demand says what it takes at once, and the most that somebody allows; its indexes too', async () => {
  const onDemand = {
    BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
    ProvisionedThroughput: { ReadCapacityUnits: 0, WriteCapacityUnits: 0 },
    WarmThroughput: { ReadUnitsPerSecond: 12_000, WriteUnitsPerSecond: 4_000, Status: 'ACTIVE' },
    OnDemandThroughput: { MaxReadRequestUnits: -1, MaxWriteRequestUnits: 2_000 },
  }
  const { throughput, indexes } = await describing({
    ...onDemand,
    GlobalSecondaryIndexes: [
      {
        IndexName: 'byA',
        KeySchema: [hash('a')],
        Projection: { ProjectionType: 'ALL' },
        WarmThroughput: { ReadUnitsPerSecond: 13_000, WriteUnitsPerSecond: 5_000 },
      },
    ],
  })
  expect(throughput).toEqual({
    mode: 'on-demand',
    warm: { readUnits: 12_000, writeUnits: 4_000 },
    limit: { writeUnits: 2_000 },
  })
  expect(indexes?.[0]?.throughput).toEqual({ mode: 'on-demand', warm: { readUnits: 13_000, writeUnits: 5_000 } })
})

test('a provisioned table says what is provisioned, with or without a summary of its billing', async () => {
  const ProvisionedThroughput = { ReadCapacityUnits: 700, WriteCapacityUnits: 300 }
  for (const summary of [{}, { BillingModeSummary: { BillingMode: 'PROVISIONED' } }])
    expect((await describing({ ...summary, ProvisionedThroughput })).throughput).toEqual({
      mode: 'provisioned',
      limit: { readUnits: 700, writeUnits: 300 },
    })
})

test('what DynamoDB Local does not say is not known', async () => {
  const onDemand = { BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' } }
  expect((await describing(onDemand)).throughput).toEqual({ mode: 'on-demand' })
  expect(await describing({})).not.toHaveProperty('throughput')
})
