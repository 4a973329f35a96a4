import { describe, expect, it } from 'vitest'
import { tiles } from '../../../../shared/chunks/tiling.ts'
import { DynamoDbError } from '../../../../shared/dynamodb/errors.ts'
import { coverageOf } from '../../../../shared/facts/coverage.ts'
import { openSums } from '../../../../shared/facts/sums.ts'
import { getChunk } from '../../../../shared/ledger/chunks.ts'
import { readControl, writeControl } from '../../../../shared/ledger/control.ts'
import { drive, fill, runId, world } from './world.ts'

const control = (fence: number, command: 'run' | 'pause' | 'abort') => ({ fence, command })

describe('A slice', () => {
  it('walks a segment to its end and copies every item', async () => {
    const w = world()
    fill(w, 300, 50)
    await w.plan()
    expect(await w.slice('s00000')).toEqual({ outcome: 'done' })
    expect(w.destination.items()).toEqual(w.source.items())
    const [chunk] = await w.chunks()
    expect(chunk).toMatchObject({ state: 'done', tallies: { read: 350, untouched: 350, produced: 350, written: 350 } })
    expect(chunk?.deadline).toBeUndefined()
  })

  it('stops before its limit and goes on from the checkpoint, reading nothing twice', async () => {
    const w = world({ itemMs: 10, split: false })
    fill(w, 0, 3_000)
    await w.plan()
    const outcomes = await drive(w, 's00000')
    expect(outcomes.length).toBeGreaterThan(2)
    expect(outcomes.at(-1)).toEqual({ outcome: 'done' })
    expect(w.destination.items()).toEqual(w.source.items())
    expect((await w.chunks())[0]?.tallies.read).toBe(3_000)
  })

  it('splits a hot key recursively into ranges that tile it, and every range is copied once', async () => {
    const w = world({ itemMs: 10, segments: 2 })
    fill(w, 6_000, 200)
    await w.plan()
    for (const root of ['s00000', 's00001']) await drive(w, root)
    const chunks = await w.chunks()
    const coverage = coverageOf(chunks, 2)
    expect(coverage).toMatchObject({ complete: true, tallies: { read: 6_200, written: 6_200 } })
    expect(openSums('copy', coverage.tallies)).toEqual([])
    expect(w.destination.items()).toEqual(w.source.items())
    const split = chunks.filter((chunk) => chunk.state === 'split')
    expect(split.length).toBeGreaterThan(0)
    for (const parent of split) {
      const children = chunks.filter((chunk) => parent.children?.includes(chunk.id))
      expect(
        tiles(
          parent.chunk,
          parent.cursor!,
          children.map((child) => child.chunk),
        ),
      ).toBe(true)
    }
  })

  it('does not split a hot key whose rest fits into the time it has', async () => {
    const w = world({ itemMs: 10 })
    fill(w, 600)
    await w.plan()
    expect(await w.slice('s00000')).toEqual({ outcome: 'done' })
  })

  it('repeats a split whose answer was lost with the same children', async () => {
    const w = world({ itemMs: 10 })
    fill(w, 6_000)
    await w.plan()
    const first = await w.slice('s00000')
    expect(first.outcome).toBe('split')
    const before = (await w.chunks()).length
    expect(await w.slice('s00000')).toEqual(first)
    expect((await w.chunks()).length).toBe(before)
  })

  it('splits a key remembered as heavy where it meets it, without waiting', async () => {
    const w = world({ itemMs: 10 })
    fill(w, 6_000)
    await w.plan()
    await w.slice('s00000')
    const again = world({ itemMs: 10 })
    fill(again, 6_000)
    await again.plan()
    for (const row of await w.ledger.query('HEAVY#source', '')) await again.ledger.commit([{ row, expect: 'any' }])
    expect((await again.slice('s00000')).outcome).toBe('split')
    const [parent] = (await again.chunks()).filter((chunk) => chunk.state === 'split')
    const [slow] = (await w.chunks()).filter((chunk) => chunk.state === 'split')
    expect(parent!.tallies.read).toBeLessThan(slow!.tallies.read)
  })

  it('only resumes in a table without a sort key', async () => {
    const w = world({ itemMs: 10, schema: { pk: { name: 'pk', type: 'S' } } })
    for (let i = 0; i < 2_000; i++) w.source.store({ pk: { S: `item-${i}` } })
    await w.plan()
    const outcomes = new Set((await drive(w, 's00000')).map((outcome) => outcome.outcome))
    expect(outcomes).toEqual(new Set(['more', 'done']))
    expect(w.destination.items()).toEqual(w.source.items())
  })

  it('is fenced by a later invocation of the same chunk and leaves its checkpoint alone', async () => {
    const w = world({ itemMs: 10 })
    fill(w, 0, 2_000)
    await w.plan()
    let rival: Promise<unknown> | undefined
    const pass = w.engine().openPass({} as never, 'copy', async () => {})
    const outcome = await w.slice('s00000', {
      openPass: () => ({
        ...pass,
        table: {
          ...pass.table,
          async scan(request) {
            // Once under way, the same chunk is invoked again and runs to its end.
            if (request.after && !rival) {
              rival = drive(w, 's00000')
              await rival
            }
            return pass.table.scan(request)
          },
        },
      }),
    })
    // The duplicate's answer may have gone nowhere, so whoever waits for this one is told to ask again.
    expect(outcome).toEqual({ outcome: 'waiting' })
    const [chunk] = await w.chunks()
    expect(chunk).toMatchObject({ state: 'done', tallies: { read: 2_000, written: 2_000 } })
    expect(w.events.map((event) => event.code)).toContain('slice.fenced')
  })

  it.each([
    ['paused', control(1, 'pause'), { outcome: 'stopped', reason: 'paused' }],
    ['aborted', control(1, 'abort'), { outcome: 'stopped', reason: 'aborted' }],
    ['under a newer lease', control(2, 'run'), { outcome: 'stopped', reason: 'fenced' }],
  ])('does nothing when the run is %s', async (_, next, outcome) => {
    const w = world()
    fill(w, 10)
    await w.plan()
    await writeControl(w.ledger, runId, await readControl(w.ledger, runId), next)
    expect(await w.slice('s00000')).toEqual(outcome)
    expect(w.destination.size).toBe(0)
    expect((await w.chunks())[0]?.epoch).toBe(0)
  })

  it.each([
    ['pause', { outcome: 'stopped', reason: 'paused' }],
    ['abort', { outcome: 'stopped', reason: 'aborted' }],
  ] as const)('notices a %s at its next checkpoint and keeps what it has done', async (command, outcome) => {
    const w = world({ itemMs: 5 })
    fill(w, 0, 3_000)
    await w.plan()
    const pass = w.engine().openPass({} as never, 'copy', async () => {})
    let asked = false
    const result = await w.slice('s00000', {
      openPass: () => ({
        ...pass,
        table: {
          ...pass.table,
          async scan(request) {
            if (request.after && !asked) {
              asked = true
              await writeControl(w.ledger, runId, await readControl(w.ledger, runId), control(1, command))
            }
            return pass.table.scan(request)
          },
        },
      }),
    })
    expect(result).toEqual(outcome)
    const chunk = await getChunk(w.ledger, runId, 'copy', 's00000')
    expect(chunk?.tallies.read).toBeGreaterThan(0)
    expect(chunk?.tallies.written).toBe(w.destination.size)
    expect(chunk?.deadline).toBeUndefined()
  })

  it('stops as `code changed` when the deployment has other migrations than the run', async () => {
    const w = world({ codeHash: 'other' })
    fill(w, 10)
    await w.plan()
    expect(await w.slice('s00000')).toEqual({ outcome: 'stopped', reason: 'code changed' })
    expect(w.destination.size).toBe(0)
  })

  it.each([
    ['slow', true],
    ['warn', false],
  ] as const)('leaves capacity to live changes when they are far behind: at `%s` that is %s', async (guard, slows) => {
    const w = world({ itemMs: 5, offline: false })
    fill(w, 0, 3_000)
    await w.plan()
    const lag = { pk: `RUN#${runId}`, sk: 'LAG', seconds: 30_000, guard, at: 1 }
    await w.ledger.commit([{ row: lag, expect: 'any' }])
    await w.slice('s00000')
    expect(w.sleeps() > 0).toBe(slows)
  })

  it('checkpoints what was acknowledged before a write failed for good', async () => {
    const w = world({ itemMs: 1 })
    fill(w, 0, 1_000)
    await w.plan()
    let calls = 0
    const broken = w.slice('s00000', {
      openPass: () => ({
        ...w.engine().openPass({} as never, 'copy', async () => {}),
        async apply(items) {
          if (++calls > 3) throw new DynamoDbError('access-denied', 'no')
          await w.destination.put(items)
          return {
            ...(await w.chunks())[0]!.tallies,
            read: items.length,
            untouched: items.length,
            produced: items.length,
            written: items.length,
          }
        },
      }),
    })
    await expect(broken).rejects.toThrow('no')
    const [chunk] = await w.chunks()
    expect(chunk?.tallies.read).toBe(w.destination.size)
    expect(chunk?.tallies.read).toBeGreaterThan(0)
    expect(chunk).toMatchObject({ state: 'open' })
    await drive(w, 's00000')
    expect(w.destination.items()).toEqual(w.source.items())
    expect((await w.chunks())[0]?.tallies.read).toBe(1_000)
  })

  it('remembers the deadline of a slice that died, until a quiet time can be told from it', async () => {
    const w = world({ itemMs: 10, sliceMs: 10_000 })
    fill(w, 0, 2_000)
    await w.plan()
    const died = w.slice('s00000', { ledger: { ...bound(w), commit: dieAfter(w, 2) } })
    await expect(died).rejects.toThrow('killed')
    const deadline = (await w.chunks())[0]?.deadline
    expect(deadline).toBeGreaterThan(w.runtime.clock())
    await drive(w, 's00000')
    const [chunk] = await w.chunks()
    expect(chunk?.deadline).toBeUndefined()
    expect(chunk?.undrained).toBe(deadline)
    expect(coverageOf([chunk!], 1).lastDeadline).toBe(deadline)
  })
})

const bound = (w: ReturnType<typeof world>) => ({
  get: w.ledger.get.bind(w.ledger),
  query: w.ledger.query.bind(w.ledger),
})

/** A commit that works so many times and then behaves like a process that is gone. */
function dieAfter(w: ReturnType<typeof world>, times: number) {
  let calls = 0
  return (puts: Parameters<typeof w.ledger.commit>[0]) => {
    if (++calls > times) throw new Error('killed')
    return w.ledger.commit(puts)
  }
}
