import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { generate } from '../../examples/dawson/generate.ts'
import { type Emulator, localClient, startEmulator } from '../../local/index.ts'
import { load } from '../../local/load.ts'
import type { Court } from './court.ts'
import { createTable, deployPair } from './pair.ts'

let aws: Emulator
let court: Court
const tables = { sourceTable: 'source', destinationTable: 'destination' }

beforeAll(async () => {
  aws = await startEmulator()
  const dynamodb = new DynamoDBClient(localClient(aws.endpoint))
  for (const table of Object.values(tables)) await createTable(dynamodb, table)
  court = await deployPair(aws, 'CodeChanged', 'one', tables)
  await load(dynamodb, 'source', generate({ seed: 7, items: 60_000, hotShare: 0.9 }))
})
afterAll(() => aws?.stop())

it('ends at a pause, is not resumed with other migrations, and finishes with its own', async () => {
  const execution = await court.start()
  const { run } = await court.until(({ chunks }) => chunks.length > 0)
  expect(await court.segue('pause')).toMatchObject({ code: 0 })
  expect(await court.ended(execution)).toMatchObject({ status: 'SUCCEEDED' })
  const paused = { id: run.id, state: 'stopped', because: 'paused' }
  expect((await court.remembered())?.run).toMatchObject(paused)

  await deployPair(aws, 'CodeChanged', 'two', tables)
  const refused = await court.segue('resume', '--wait')
  expect(refused.code, refused.output).toBe(2)
  expect(refused.output).toMatch(/other migrations than are deployed now.*Deploy those it was begun with/)
  expect((await court.remembered())?.run).toMatchObject(paused)

  await deployPair(aws, 'CodeChanged', 'one', tables)
  const resumed = await court.segue('resume', '--wait')
  expect(resumed.output).toContain(`Run ${run.id} finished`)
  expect((await court.remembered())?.run).toMatchObject({ id: run.id, state: 'finished' })
})
