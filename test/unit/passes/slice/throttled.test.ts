import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DynamoDbError } from '../../../../shared/dynamodb/errors.ts'
import type { Table, WriteResult } from '../../../../shared/dynamodb/ports.ts'
import { retrying } from '../../../../shared/dynamodb/retrying-table.ts'
import { openPass } from '../../../../shared/passes/open-pass.ts'
import { WorkClock } from '../../../../shared/passes/slice/work-clock.ts'
import type { Ask } from '../../../../shared/runtime/retry.ts'
import { virtualTime } from '../../virtual-time.ts'
import { drive, world } from './world.ts'

const sliceMs = 60_000
const keys = 3
const itemsOfKey = 600

/** How a table says that it has no capacity left. */
type Throttling = 'refuses the call' | 'leaves items unprocessed' | 'refuses reads'

/** The states of the chunks once a few keys are copied, each by far too small for a slice of its own. */
async function copied(unitsPerSecond: number, throttling: Throttling) {
  const w = world({ sliceMs })
  const time = virtualTime()
  const runtime = { ...w.runtime, clock: time.clock, sleep: time.sleep, random: () => 0.9 }
  for (let key = 0; key < keys; key++)
    for (let i = 0; i < itemsOfKey; i++)
      w.source.store({ pk: { S: `key-${key}` }, sk: { S: String(i).padStart(5, '0') }, n: { N: String(i) } })
  await w.plan()
  let used = 0
  /** Units left of what came since the beginning; nothing is saved up. */
  const left = () => {
    used = Math.max(used, (time.clock() / 1000 - 1) * unitsPerSecond)
    return Math.floor((time.clock() / 1000) * unitsPerSecond - used)
  }
  const throttled = () => Promise.reject(new DynamoDbError('throttled', 'as told'))
  const slow = (table: Table): Table => ({
    ...table,
    name: table.name,
    schema: table.schema,
    scan: (request) =>
      time.request('scan', 20, async () => {
        if (throttling !== 'refuses reads') return table.scan(request)
        const most = left()
        if (most < 1) return throttled()
        const page = await table.scan({ ...request, limit: Math.min(request.limit, most) })
        used += page.items.length
        return page
      }),
    query: (request) => time.request('query', 20, () => table.query(request)),
    put: (items) =>
      time.request('put', 20, async (): Promise<WriteResult[]> => {
        if (throttling === 'refuses reads') return table.put(items)
        const most = left()
        if (most < 1 || (most < Math.min(5, items.length) && throttling === 'refuses the call')) return throttled()
        used += Math.min(most, items.length)
        const written = await table.put(items.slice(0, most))
        return items.map((_, i) => written[i] ?? 'retry')
      }),
  })
  const open = (name: string, _: unknown, ask: Ask) =>
    retrying(slow(name === 'source' ? w.source : w.destination), runtime, ask)
  const passes = { ledger: w.ledger, runtime, open, migrations: [], sliceMs }
  const slice: typeof w.slice = (chunk) => {
    const end = time.clock() + sliceMs
    return time.during(
      w.slice(chunk, {
        runtime,
        deadline: { remainingMs: () => end - time.clock() },
        openPass: (run, pass, ask) => openPass(run, pass, ask, passes),
      }),
    )
  }
  const outcomes = await drive({ ...w, slice }, 's00000')
  expect(w.destination.size).toBe(keys * itemsOfKey)
  return { outcomes: outcomes.map(({ outcome }) => outcome), chunks: (await w.chunks()).map(({ state }) => state) }
}

describe('A throttled table', () => {
  it('has no keys that are split when it is not throttled', async () => {
    expect(await copied(1_000_000, 'refuses the call')).toEqual({ outcomes: ['done'], chunks: ['done'] })
  })

  it.each(['refuses the call', 'leaves items unprocessed', 'refuses reads'] as const)(
    'makes no key hot where it %s: slices resume, and split nothing',
    async (throttling) => {
      const { outcomes, chunks } = await copied(10, throttling)
      expect(chunks).toEqual(['done'])
      expect(outcomes.length).toBeGreaterThan(2)
    },
  )
})

it('The clock of the work of a slice never runs backwards, and is behind by what it was throttled, counted once', () => {
  const waits = fc.array(fc.record({ after: fc.nat(1_000), for: fc.nat(5_000) }))
  fc.assert(
    fc.property(waits, (steps) => {
      let now = 0
      const work = new WorkClock(() => now)
      const stood = new Set<number>()
      let last = 0
      for (const step of steps) {
        for (let left = step.after; left > 0; left--) {
          now++
          expect(work.now()).toBeGreaterThanOrEqual(last)
          last = work.now()
        }
        for (let ms = now; ms < now + step.for; ms++) stood.add(ms)
        work.throttled(step.for)
      }
      expect(work.now()).toBe(now - [...stood].filter((ms) => ms < now).length)
    }),
    { numRuns: 20 },
  )
})
