import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { generate } from '../../examples/dawson/generate.ts'
import { type Emulator, localClient, startEmulator } from '../../local/index.ts'
import { load } from '../../local/load.ts'
import { readControl, writeControl } from '../../shared/ledger/control.ts'
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

it('halts when other migrations are deployed in the middle of it, and is not resumed with those', async () => {
  const execution = await court.start()
  const { run } = await court.until(({ chunks }) => chunks.length > 0)
  await command('pause')
  await deployPair(aws, 'CodeChanged', 'two', tables)
  await command('run')
  // The states under way go on with the version they began with; the ranges of the hot key, started anew, meet the other.
  const ended = await court.ended(execution)
  expect(ended).toMatchObject({
    status: 'FAILED',
    error: 'chunks-open',
    cause: expect.stringContaining('change of the code'),
  })
  const resumed = await court.segue('run', '--resume', '--wait')
  expect(resumed.code, resumed.output).toBe(2)
  expect(resumed.output).toMatch(/other migrations than are deployed now.*Deploy those it was begun with/)
  expect((await court.remembered())?.run).toMatchObject({ id: run.id, state: 'stopped', because: 'halted' })

  async function command(wanted: 'run' | 'pause'): Promise<void> {
    const before = await readControl(court.ledger, run.id)
    expect(await writeControl(court.ledger, run.id, before, { ...before, command: wanted })).toBe(true)
  }
})
