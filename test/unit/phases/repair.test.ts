import { describe, expect, it } from 'vitest'
import { encodeKey } from '../../../shared/dynamodb/key.ts'
import { type Difference, recordDifferences } from '../../../shared/ledger/differences.ts'
import { listQuarantine, quarantine } from '../../../shared/ledger/quarantine.ts'
import { updateRun } from '../../../shared/ledger/runs.ts'
import { repairRun } from '../../../shared/phases/repair.ts'
import { migrationsOf } from '../../code.ts'
import { longText, withLongList } from '../ledger/long-list.ts'
import { item, key, output, run, world } from '../live/world.ts'

const start = { shard: 0, after: '' }
const task = { run, fence: 1, from: start }
const page = { pass: 'verify.1', chunk: 's00000', epoch: 1, before: 0 } as const

function missing(name: string, sources = [name]): Difference {
  return { kind: 'missing', key: key(name), sources: sources.map(key), attributes: [], at: 1 }
}

/** A quiet run whose first verification found these; each invocation has time for so many keys, then none is left. */
async function verified(differences: Difference[], keysInTime = Number.POSITIVE_INFINITY) {
  const w = await world()
  await w.control({ quiet: 'q' })
  await updateRun(w.ledger, run, (before) => ({ ...before, verification: { number: 1, ended: true } }))
  for (const difference of differences)
    await recordDifferences(w.ledger, run, 1, [difference], { ...page, chunk: encodeKey(difference.sources[0]!) })
  const reads: string[] = []
  const source: typeof w.engine.source = {
    get: (keys) => {
      reads.push(...keys.map(encodeKey))
      return w.source.get(keys)
    },
  }
  return {
    ...w,
    /** Source items read, each time. */
    reads,
    repair(from: unknown = start) {
      const before = reads.length
      const remainingMs = () => (reads.length - before >= keysInTime ? 10 : 1_000)
      const engine = { ...w.engine, source, deadline: { remainingMs }, code: migrationsOf() }
      return repairRun({ ...task, from } as typeof task, engine)
    },
  }
}

const names = Array.from({ length: 300 }, (_, i) => `k${i}`)

describe('Repair', () => {
  it('gets to its end however few keys fit into an invocation, each repaired once', async () => {
    const { repair, source, items, reads } = await verified(
      names.map((name) => missing(name)),
      5,
    )
    for (const name of names) source.store(item(name, [name]))
    let invocations = 1
    for (let last = await repair(); last.outcome === 'more'; last = await repair(last.from))
      if (++invocations > 200) throw new Error('Expected repair to end, but it loops')
    expect(Object.keys(items()).sort()).toEqual([...names].sort())
    expect(reads.length).toBe(names.length)
    expect(invocations).toBeGreaterThan(10)
  })

  it('gets on within a shard that does not fit into an invocation', async () => {
    // More than one group of keys in each shard, and time for one.
    const many = Array.from({ length: 64 * 100 }, (_, i) => `k${i}`)
    const { repair, source, items } = await verified(
      many.map((name) => missing(name)),
      1,
    )
    for (const name of many) source.store(item(name, [name]))
    const first = await repair()
    expect(first).toEqual({ outcome: 'more', from: { shard: 0, after: expect.stringMatching(/^[0-9a-f]{64}#/) } })
    expect(Object.keys(items())).toHaveLength(16)
    for (let last = first, left = 600; last.outcome === 'more'; last = await repair(last.from))
      if (left-- === 0) throw new Error('Expected repair to end, but it loops')
    expect(Object.keys(items())).toHaveLength(many.length)
  })

  it('holds a page of a list, however long it is', async () => {
    const w = await verified([])
    const long = withLongList(w.ledger, `DIFF#${run}#1#07`, (n) => {
      const text = encodeKey(key(longText(n)))
      return { kind: 'missing', key: text, sources: [text], attributes: [], at: 1, ...page }
    })
    let calls = 0
    const deadline = { remainingMs: () => (calls++ === 0 ? 1_000 : 10) }
    const engine = { ...w.engine, ledger: long.ledger, deadline, code: migrationsOf() }
    const repaired = await repairRun({ ...task, from: { shard: 7, after: '' } }, engine)
    expect(repaired).toMatchObject({ outcome: 'more', from: { shard: 7, after: expect.stringMatching(/^0+15$/) } })
    await long.expectLittleHeld()
  })

  it('contests a key with every source item at which it was found, whichever page found it', async () => {
    const { repair, source, items, events } = await verified([missing('x', ['a']), missing('x', ['b'])])
    source.store(item('a', ['x'], 1))
    source.store(item('b', ['x'], 2))
    expect(await repair()).toEqual({ outcome: 'repaired' })
    expect(items()).toEqual({ x: output('x', 1) })
    expect(events).toContainEqual(expect.objectContaining({ code: 'item.collision', sources: 2 }))
  })

  it('takes cured items off the quarantine list, which nothing else does offline', async () => {
    const { repair, source, ledger, control } = await verified([])
    await control({ quiet: undefined })
    await updateRun(ledger, run, (before) => ({ ...before, offline: true }))
    const entry = (name: string) => ({ key: key(name), migration: 'move', reason: 'up threw', at: 1 })
    await quarantine(ledger, run, ['cured', 'gone', 'bad'].map(entry))
    source.store(item('cured', ['x']))
    source.store(item('bad', ['poison']))
    expect(await repair()).toEqual({ outcome: 'repaired' })
    expect((await listQuarantine(ledger, run)).map((each) => each.key)).toEqual([key('bad')])
  })

  it('writes nothing if it is delivered late, after its execution has ended', async () => {
    const { repair, ledger, items, source } = await verified([missing('x')])
    source.store(item('x', ['x']))
    await updateRun(ledger, run, (before) => ({ ...before, state: 'finished' }))
    expect(await repair()).toMatchObject({ outcome: 'halted', error: 'fenced' })
    expect(items()).toEqual({})
  })

  it('halts when a newer owner has the run', async () => {
    const { repair, control, items, source } = await verified([missing('x')])
    source.store(item('x', ['x']))
    await control({ fence: 2 })
    expect(await repair()).toMatchObject({ outcome: 'halted', error: 'fenced' })
    expect(items()).toEqual({})
  })
})
