import { describe, expect, it } from 'vitest'
import { encodeKey, type Key, type KeySchema } from '../../../shared/dynamodb/key.ts'
import { coverageOf } from '../../../shared/facts/coverage.ts'
import { differencesIn, foundBy } from '../../../shared/facts/findings.ts'
import { createChunks, getChunk, listChunks, newChunk, replaceChunk } from '../../../shared/ledger/chunks.ts'
import { writeControl } from '../../../shared/ledger/control.ts'
import { listDifferences } from '../../../shared/ledger/differences.ts'
import { createRun, type RunRecord } from '../../../shared/ledger/runs.ts'
import type { LedgerTable } from '../../../shared/ledger/table.ts'
import { openPass } from '../../../shared/passes/open-pass.ts'
import { runSlice } from '../../../shared/passes/slice/slice.ts'
import { failChunk } from '../../../shared/phases/fail-chunk.ts'
import { migrationsOf } from '../../code.ts'
import { memoryLedgerTable } from '../../memory/ledger-table.ts'
import { memoryTable } from '../../memory/table.ts'
import { item, key, migration, output } from '../live/world.ts'

const schema: KeySchema = { pk: { name: 'pk', type: 'S' } }
const run = 'run00001'
/** With a page of 25 items in six seconds pages stay as they are: four of them. */
const sliceMs = 180_000
const invertible = { ...migration, inverse: (made: object) => made }
const nameOf = ({ pk }: Key) => (pk as { S: string }).S

/** A hundred source items, each of which makes one of its own name, and a first verification that is planned. */
async function world() {
  let now = 1_700_000_000_000
  const source = memoryTable(schema, 'source')
  const destination = memoryTable(schema, 'destination')
  for (let i = 0; i < 100; i++) {
    source.store(item(`k${i}`, [`k${i}`]))
    destination.store(output(`k${i}`))
  }
  const ledger = memoryLedgerTable()
  await createRun(ledger, {
    ...{ id: run, state: 'running', phase: 'Verify', source: 'source', destination: 'destination', schema },
    ...{ codeHash: 'code', pending: ['move'], segments: 1, split: true, offline: true, planned: true },
    ...{ execution: 'execution', startedAt: now, fence: 1, verification: { number: 1, ended: false } },
  } as RunRecord)
  await writeControl(ledger, run, undefined, { command: 'run', fence: 1 })
  const chunk = { kind: 'segment', segment: 0, totalSegments: 1 } as const
  const passes = ['verify.1', 'orphans.1'] as const
  await createChunks(
    ledger,
    passes.map((pass) => newChunk(run, pass, 's00000', chunk, now)),
  )
  const runtime = {
    clock: () => now,
    random: () => 0.5,
    // Only a limit is waited for with a signal; it never comes.
    sleep: (_: number, signal?: AbortSignal) => (signal ? new Promise<void>(() => {}) : Promise.resolve()),
    emit: () => {},
  }
  /** Reading a page takes longer than the time between two checkpoints. */
  const open = (name: string) => {
    const table = name === 'source' ? source : destination
    return new Proxy(table, {
      get(_, method: 'scan') {
        const of = table[method] as (request: unknown) => unknown
        if (method !== 'scan') return typeof of === 'function' ? of.bind(table) : of
        return (request: unknown) => {
          now += 6_000
          return of.call(table, request)
        }
      },
    })
  }
  return {
    source,
    destination,
    ledger,
    slice: (pass: 'verify.1' | 'orphans.1', through: LedgerTable = ledger) =>
      runSlice(
        { run, pass, chunk: 's00000', fence: 1 },
        {
          ledger: through,
          openPass: (record, name) =>
            openPass(record, name, async () => {}, {
              ledger: through,
              runtime,
              open,
              migrations: [invertible],
              sliceMs,
            }),
          runtime,
          deadline: { remainingMs: () => sliceMs },
          code: migrationsOf(),
          sliceMs,
          splitAfterMs: sliceMs / 3,
          concurrency: 40,
        },
      ),
    /** What the list says, and how many differences the tallies count. */
    async found() {
      const [verify, orphans] = await Promise.all(passes.map((pass) => listChunks(ledger, run, pass)))
      const tallies = [verify!, orphans!].map((chunks) => coverageOf(chunks, 1).tallies)
      const listed = await listDifferences(ledger, run, 1)
      return {
        listed: listed.map((each) => `${nameOf(each.key)} of ${each.sources.map(nameOf)}`).sort(),
        counted: differencesIn(foundBy({ verify: tallies[0]!, orphans: tallies[1]! }, 0)),
      }
    },
  }
}

/** A ledger as a process sees it that dies once it has listed a difference: no checkpoint of it gets through any more. */
function dying(ledger: LedgerTable, name: string): LedgerTable {
  let dead = false
  return {
    get: (pk, sk) => ledger.get(pk, sk),
    query: (...asked) => ledger.query(...asked),
    async commit(puts) {
      const [{ row }] = puts as [(typeof puts)[0]]
      if (dead) throw new Error('died')
      dead = row.pk.startsWith('DIFF#') && row.key === encodeKey(key(name))
      return ledger.commit(puts)
    },
  }
}

/** A ledger that holds back what is listed until `release`. */
function slow(ledger: LedgerTable) {
  let release = () => {}
  let reached = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const waiting = new Promise<void>((resolve) => {
    reached = resolve
  })
  const held: LedgerTable = {
    get: (pk, sk) => ledger.get(pk, sk),
    query: (...asked) => ledger.query(...asked),
    async commit(puts) {
      if (puts[0]?.row.pk.startsWith('DIFF#')) {
        reached()
        await released
      }
      return ledger.commit(puts)
    },
  }
  return { ledger: held, release, waiting }
}

describe('A page that is verified again', () => {
  it('counts once where its chunk had failed in between', async () => {
    const w = await world()
    const { items } = await w.source.scan({ segment: 0, totalSegments: 1, limit: 31, consistent: true })
    // In the second page: the first has been counted by then.
    const name = nameOf(items[30]!.key)
    w.destination.delete(key(name))
    await expect(w.slice('verify.1', dying(w.ledger, name))).rejects.toThrow('died')
    const task = { run, pass: 'verify.1', chunk: 's00000', fence: 1 } as const
    const runtime = { clock: () => 0, random: () => 0, sleep: async () => {}, emit: () => {} }
    await failChunk({ ...task, reason: 'died too often' }, { ledger: w.ledger, runtime })
    const failed = (await getChunk(w.ledger, run, 'verify.1', 's00000'))!
    await replaceChunk(w.ledger, { ...failed, state: 'open' }, { epoch: failed.epoch, state: 'failed' })
    await expect(w.slice('verify.1', dying(w.ledger, name))).rejects.toThrow('died')
    expect(await w.slice('verify.1')).toEqual({ outcome: 'done' })
    await w.slice('orphans.1')
    expect(await w.found()).toEqual({ listed: [`${name} of ${name}`], counted: 1 })
  })

  it('takes back what it had listed when its slice died and all is right by then', async () => {
    const w = await world()
    w.destination.delete(key('k7'))
    await expect(w.slice('verify.1', dying(w.ledger, 'k7'))).rejects.toThrow('died')
    w.destination.store(output('k7'))
    expect(await w.slice('verify.1')).toEqual({ outcome: 'done' })
    expect(await w.found()).toEqual({ listed: [], counted: 0 })
  })

  it('lists what is still wrong, once', async () => {
    const w = await world()
    w.destination.delete(key('k7'))
    await expect(w.slice('verify.1', dying(w.ledger, 'k7'))).rejects.toThrow('died')
    expect(await w.slice('verify.1')).toEqual({ outcome: 'done' })
    expect(await w.found()).toEqual({ listed: ['k7 of k7'], counted: 1 })
  })

  it('leaves alone what an earlier page listed that a checkpoint has counted', async () => {
    const w = await world()
    const order = (await w.source.scan({ segment: 0, totalSegments: 1, limit: 100, consistent: true })).items
    const [first, last] = [nameOf(order[0]!.key), nameOf(order.at(-1)!.key)]
    w.destination.delete(key(first))
    w.destination.delete(key(last))
    await expect(w.slice('verify.1', dying(w.ledger, last))).rejects.toThrow('died')
    w.destination.store(output(first))
    w.destination.store(output(last))
    expect(await w.slice('verify.1')).toEqual({ outcome: 'done' })
    expect(await w.found()).toEqual({ listed: [`${first} of ${first}`], counted: 1 })
  })

  it('is not undone by what its first slice lists after all, when a second one has ended long since', async () => {
    const w = await world()
    w.destination.delete(key('k7'))
    const first = slow(w.ledger)
    const late = w.slice('verify.1', first.ledger)
    await first.waiting
    w.destination.store(output('k7'))
    expect(await w.slice('verify.1')).toEqual({ outcome: 'done' })
    first.release()
    expect(await late).toEqual({ outcome: 'waiting' })
    expect(await w.found()).toEqual({ listed: [], counted: 0 })
  })

  it('stays listed when its first slice lists it too, and later', async () => {
    const w = await world()
    w.destination.delete(key('k7'))
    const first = slow(w.ledger)
    const late = w.slice('verify.1', first.ledger)
    await first.waiting
    expect(await w.slice('verify.1')).toEqual({ outcome: 'done' })
    first.release()
    await late
    expect(await w.found()).toEqual({ listed: ['k7 of k7'], counted: 1 })
  })

  it('takes an orphan back that has gone', async () => {
    const w = await world()
    w.destination.store(output('nobody'))
    await expect(w.slice('orphans.1', dying(w.ledger, 'nobody'))).rejects.toThrow('died')
    w.destination.delete(key('nobody'))
    expect(await w.slice('orphans.1')).toEqual({ outcome: 'done' })
    expect(await w.found()).toEqual({ listed: [], counted: 0 })
  })
})

it('lists two source items that claim one key as often as the tallies count them', async () => {
  const w = await world()
  w.source.store(item('a', ['claimed'], 1))
  w.source.store(item('b', ['claimed'], 2))
  await w.slice('verify.1')
  expect(await w.found()).toEqual({ listed: ['claimed of a', 'claimed of b'], counted: 2 })
})
