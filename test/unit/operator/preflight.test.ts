import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import * as z from 'zod/mini'
import { parseOptions } from '../../../shared/config/options.ts'
import type { TableDescription } from '../../../shared/dynamodb/sdk/describe.ts'
import { writeApplied } from '../../../shared/ledger/applied.ts'
import { MigrationsModuleError } from '../../../shared/migrations/errors.ts'
import { defineMigration, type Migration } from '../../../shared/migrations/migration.ts'
import { preflightOrPlanHandler } from '../../../shared/operator/preflight.ts'
import { nothingBeside, type Operations } from '../../../shared/phases/preflight/operations.ts'
import { memoryWorld } from '../cli/fixtures.ts'

const twins = (id: string) =>
  defineMigration({
    id,
    title: 'Each item gets a twin',
    applies: () => true,
    source: z.object({ sk: z.string() }),
    target: z.object({ sk: z.string() }),
    up: (item) => [item, { ...item, sk: `${item.sk}|twin` }],
  })

function setUp(
  migrations: () => Promise<Migration[]> = async () => [twins('first'), twins('second')],
  operations: Partial<Operations> = {},
  described: Partial<TableDescription> = {},
) {
  const memory = memoryWorld()
  const { world, tables, ledger } = memory
  for (let i = 0; i < 10; i++) tables.alpha.store({ pk: { S: 'case|1' }, sk: { S: `item|${i}` } })
  const handle = preflightOrPlanHandler({
    options: parseOptions({ sourceTable: 'alpha', destinationTable: 'beta', segments: 4 }),
    codeHash: 'hash',
    searchHash: undefined,
    streamArn: 'arn:stream:alpha',
    runtime: world.runtime,
    ledger,
    describeTable: async (name) => ({ ...(await world.describeTable(name)), ...described }),
    openTable: (name) => tables[name as keyof typeof tables],
    migrations,
    mappingId: 'ours',
    operations: { ...nothingBeside, ...operations },
    stack: 'arn:stack:ours',
    executions: { status: async () => 'ended' },
  })
  const call = (event: Parameters<typeof handle>[0]) => handle(event, { remainingMs: () => 60_000 })
  return { ...memory, call }
}
const plan = { totalSegments: 4, jump: true }

test('the preflight function, asked for a plan, tells what is pending and what it makes of a sample', async () => {
  const { call, ledger } = setUp()
  await writeApplied(ledger, { name: 'alpha' }, ['first'], 'run0')
  expect(await call({ plan })).toMatchObject({
    outcome: 'answered',
    pending: ['second'],
    sample: { migrated: true, complete: true, sums: { items: 10, outputs: 20 } },
  })
})

test('asked for a plan, it tells what auto scaling may raise provisioned tables to, where it may ask', async () => {
  const throughput = { mode: 'provisioned', limit: { readUnits: 5, writeUnits: 5 } } as const
  const scaling: Operations['scaling'] = async (table) =>
    table === 'beta' ? [{ dimension: 'write', least: 5, most: 900 }] : []
  expect(await setUp(undefined, { scaling }).call({ plan })).not.toHaveProperty('scaling')
  expect(await setUp(undefined, { scaling }, { throughput }).call({ plan })).toMatchObject({
    scaling: { source: {}, destination: { writeUnits: 900 } },
  })
  const denied: Operations['scaling'] = async () => ({ unanswered: 'denied', action: 'DescribeScalableTargets' })
  expect(await setUp(undefined, { scaling: denied }, { throughput }).call({ plan })).not.toHaveProperty('scaling')
})

test('asked for a plan, it tells whether the destination expires items', async () => {
  const timeToLive: Operations['timeToLive'] = async (table) => ({ on: table === 'beta', attribute: 'expires' })
  expect(await setUp(undefined, { timeToLive }).call({ plan })).toMatchObject({
    timeToLive: { on: true, attribute: 'expires' },
  })
})

test('asked for a plan, it refuses migrations that do not load', async () => {
  const { call } = setUp(() => Promise.reject(new MigrationsModuleError('It does not load')))
  expect(await call({ plan })).toEqual({ outcome: 'refused', error: 'migrations-module', cause: 'It does not load' })
})

test('asked by `segue preflight`, it tells what stands in the way of a run', async () => {
  const { call } = setUp(undefined, { backups: async (table) => (table === 'alpha' ? [{ name: 'nightly' }] : []) })
  expect(await call({ findings: {} })).toEqual({
    outcome: 'answered',
    findings: [
      expect.objectContaining({ probe: 'backups', what: 'Backup nightly of alpha is being made', blocks: false }),
    ],
  })
  expect(await call({ input: {} })).toMatchObject({ outcome: 'ready', findings: [{ probe: 'backups' }] })
})

test('asked by the state machine, it checks a run', async () => {
  const { call } = setUp()
  expect(await call({ input: {} })).toEqual({ outcome: 'ready', split: true })
})

test('is what is deployed', () => {
  const file = path.resolve(import.meta.dirname, '../../../functions/preflight.ts')
  expect(readFileSync(file, 'utf8')).toMatch(/wire\(\s*preflightOrPlanHandler\(/)
})
