import { expect, it } from 'vitest'
import { parseOptions } from '../../../../shared/config/options.ts'
import { beginCapture } from '../../../../shared/ledger/capture.ts'
import { buildKey } from '../../../../shared/ledger/feeds.ts'
import { readLag } from '../../../../shared/ledger/lag.ts'
import { updateRun } from '../../../../shared/ledger/runs.ts'
import type { StreamRecord } from '../../../../shared/live/ports.ts'
import { defineIndex } from '../../../../shared/migrations/index.ts'
import { loadIndices } from '../../../../shared/migrations/load-indices.ts'
import { drainHandler } from '../../../../shared/phases/handlers/drain.ts'
import { indexFeedHandler } from '../../../../shared/phases/handlers/index-feed.ts'
import { monitorStreamHandler } from '../../../../shared/phases/handlers/monitor-stream.ts'
import { memoryStream } from '../../../memory/stream.ts'
import { built, run, table } from '../../live/tickets/fed.ts'
import { item, schema } from '../../live/tickets/world.ts'

const never = () => Promise.reject(new Error('Expected nobody to ask'))
const deadline = { remainingMs: () => 300_000 }
const court = defineIndex({
  alias: 'court',
  mappings: { properties: { v: { type: 'long' } } },
  id: ({ pk }) => String(pk),
  routing: () => 'us',
  document: ({ v }) => ({ v }),
})

/** The functions of a deployment that know one definition, the build of which exists. */
async function deployed(definitions: unknown[] = [court], searchHash = 'definitions') {
  const made = await built()
  const { ledger, search, time, engine, table: items } = made
  const feed = buildKey({ run, n: 1 })
  const stream = memoryStream(items, () => time.now, 1)
  await beginCapture(ledger, feed, { since: time.now, stream: stream.arn })
  await updateRun(ledger, run, (before) => ({ ...before, fence: 2, schema, task: { kind: 'index', state: 'running' } }))
  const asked: string[] = []
  const opened: string[] = []
  const world = {
    ...{ ledger, runtime: engine.runtime, codeHash: 'code', searchHash, streamArn: undefined, describeTable: never },
    options: parseOptions({ sourceTable: 'source', destinationTable: table }),
    openTable: () => items,
    openStream(_: unknown, of: string) {
      opened.push(of)
      return stream
    },
    ...{ silenceMs: 1_000, slackMs: 1_000, migrations: never },
    mappings: {
      index: { state: async () => 'Disabled' as const, set: async (on: boolean) => void asked.push(`${on}`) },
    },
    indices: async () => loadIndices({ default: definitions }),
    openSearch: async () => search,
    recordsOf: (records: StreamRecord[]) => records,
  }
  return { ...made, world, stream, feed, asked, opened }
}

it('a changed item is brought into the index, seen by the monitor, and drained', async () => {
  const { world, ledger, table: items, stream, feed, values, time, asked, opened } = await deployed()
  time.now += 1_000
  items.store(item('a', 7))
  const past = time.now
  time.now += 60_000
  await monitorStreamHandler(world)({ feed: 'index' }, deadline)
  expect(asked).toEqual(['true'])
  await indexFeedHandler(world)(stream.records(), deadline)
  expect(await values('a')).toEqual([7])
  const enabled = { ...world, mappings: { index: { state: async () => 'Enabled' as const, set: never } } }
  await monitorStreamHandler(enabled)({ feed: 'index' }, deadline)
  expect(await readLag(ledger, feed)).toMatchObject({ seconds: 0, guard: 'ok' })
  const drain = drainHandler(enabled)
  expect(await drain({ run, fence: 2, past, feed: 'index' }, deadline)).toEqual({ outcome: 'drained' })
  expect(new Set(opened)).toEqual(new Set(['index']))
})

it('a deployment that knows another index brings nothing into the build, and says so', async () => {
  const other = defineIndex({ ...court, alias: 'users' })
  const { world, ledger, table: items, stream, feed, values } = await deployed([other], 'others')
  items.store(item('a', 7))
  await expect(indexFeedHandler(world)(stream.records(), deadline)).rejects.toMatchObject({
    code: 'definitions-changed',
  })
  expect(await values('a')).toEqual([undefined])
  const enabled = { ...world, mappings: { index: { state: async () => 'Enabled' as const, set: never } } }
  await monitorStreamHandler(enabled)({ feed: 'index' }, deadline)
  expect(await readLag(ledger, feed)).toMatchObject({ stopped: 'code changed' })
})

it('the monitor of live changes does nothing in a deployment that has none', async () => {
  const { world } = await deployed()
  expect(await monitorStreamHandler(world)({}, deadline)).toEqual({ outcome: 'nothing to monitor' })
})
