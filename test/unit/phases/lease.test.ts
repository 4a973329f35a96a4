import { describe, expect, it } from 'vitest'
import { segmentId } from '../../../shared/chunks/chunk.ts'
import { enterPhase } from '../../../shared/facts/phase.ts'
import { beginCapture } from '../../../shared/ledger/capture.ts'
import { type ChunkRecord, createChunks, getChunk, newChunk, replaceChunk } from '../../../shared/ledger/chunks.ts'
import { changeControl, readControl } from '../../../shared/ledger/control.ts'
import { readLease } from '../../../shared/ledger/lease.ts'
import { getRun, type TableIds, updateRun } from '../../../shared/ledger/runs.ts'
import { readLedgerStack } from '../../../shared/ledger/stack.ts'
import type { LedgerTable } from '../../../shared/ledger/table.ts'
import { startSlice } from '../../../shared/passes/slice/start.ts'
import { failChunk } from '../../../shared/phases/fail-chunk.ts'
import { type LeaseEngine, takeLease } from '../../../shared/phases/lease.ts'
import type { LedgerUse } from '../../../shared/phases/ports.ts'
import { migrationsOf } from '../../code.ts'
import { memoryLedgerTable } from '../../memory/ledger-table.ts'

const request = { resume: false, split: true, offline: true }
const second = 1_000

const stackId = (name: string) => `arn:aws:cloudformation:us-east-1:000000000000:stack/${name}/1`

/** A world in which every execution but the one that asks has ended. */
function world(ledger: LedgerTable = memoryLedgerTable()) {
  const state = {
    now: 1_000_000 * second,
    isEmpty: true,
    runs: 0,
    tableIds: {} as TableIds,
    /** The stack that asks. The names of its executions begin so. */
    stack: '',
    /** What the source says, and the run that held the lease each time the destination was marked. */
    ledgerOfSource: undefined as string | undefined,
    marked: [] as (string | undefined)[],
    /** What CloudFormation says of other stacks. */
    uses: {} as Record<string, LedgerUse>,
    /** Executions that Step Functions does not know. */
    absent: new Set<string>(),
  }
  const engineOf = (execution: string): LeaseEngine => ({
    ledger,
    executions: {
      async status(asked) {
        // Of another stack's machines one may ask nothing.
        if (!asked.startsWith(state.stack)) return 'unknown'
        if (state.absent.has(asked)) return 'absent'
        return asked === execution ? 'running' : 'ended'
      },
    },
    stack: stackId(state.stack),
    marks: {
      ledgerName: 'ledger',
      ledgerOfSource: async () => state.ledgerOfSource,
      async markDestination() {
        state.marked.push((await readLease(ledger, 'destination'))?.run)
      },
    },
    stacks: { use: async (stack) => state.uses[stack] ?? 'gone' },
    runtime: { clock: () => state.now, sleep: async () => {}, random: () => state.runs++ / 1296, emit: () => {} },
    source: 'source',
    destination: 'destination',
    tableIds: state.tableIds,
    schema: { pk: { name: 'pk', type: 'S' } },
    migrations: [],
    codeHash: 'code',
    segments: 1,
    concurrency: 40,
    sliceSeconds: 900,
    isEmpty: async () => state.isEmpty,
  })
  const take = (execution: string, asked: object = {}) =>
    takeLease(execution, { ...request, ...asked }, engineOf(execution))
  /** Begins a run; answers its id. */
  const begin = async (execution: string, asked: object = {}) => {
    const held = await take(execution, asked)
    if (held.outcome !== 'held') throw new Error(`Expected ${execution} to hold the lease, got ${held.outcome}`)
    return held
  }
  /** Takes the lease as the machine does, waiting as it is told; a minute at most each time. Returns the time that took. */
  const secondsUntilHeld = async (execution: string) => {
    const began = state.now
    for (let taken = await take(execution); taken.outcome === 'waiting'; taken = await take(execution)) {
      expect(taken.seconds).toBeLessThanOrEqual(60)
      state.now += taken.seconds * second
    }
    return (state.now - began) / second
  }
  return { ledger, state, take, begin, secondsUntilHeld }
}

/** One chunk of copy, claimed by a slice whose hard deadline is `deadline`. */
async function claim(ledger: LedgerTable, run: string, fence: number, deadline: number) {
  await updateRun(ledger, run, (before) => ({ ...before, planned: true }))
  const chunk = { kind: 'segment' as const, segment: 0, totalSegments: 1 }
  await createChunks(ledger, [newChunk(run, 'copy', segmentId(0), chunk, 0)])
  return startSlice(
    ledger,
    { run, pass: 'copy', chunk: segmentId(0), fence },
    migrationsOf(),
    deadline - 10 * second,
    deadline,
  )
}

it('fences the run before a new one', async () => {
  const { ledger, begin } = world()
  const first = await begin('one')
  const next = await begin('two')
  expect(next.run).not.toBe(first.run)
  expect((await readControl(ledger, first.run)).fence).toBe(next.fence)
})

it('begins a run although Step Functions does not know its execution yet', async () => {
  const { state, take } = world()
  state.absent.add('one')
  expect(await take('one')).toMatchObject({ outcome: 'held' })
})

it('takes no run over from an execution that Step Functions does not know, until that is a quarter of an hour old', async () => {
  const { state, begin, take } = world()
  await begin('one')
  state.absent.add('one')
  state.now += 15 * 60 * second
  await expect(take('two')).rejects.toMatchObject({ code: 'run-in-progress' })
  state.now += 1
  expect(await take('two')).toMatchObject({ outcome: 'held', fence: 2 })
})

it('waits until nothing of a stopped run can land any more', async () => {
  const { ledger, state, begin, take, secondsUntilHeld } = world()
  const first = await begin('one')
  await claim(ledger, first.run, first.fence, state.now + 100 * second)
  expect(await take('two')).toEqual({ outcome: 'waiting', seconds: 60 })
  expect(await secondsUntilHeld('two')).toBe(161)
  expect(await take('two')).toMatchObject({ outcome: 'held', fence: 2 })
})

it('leaves the lease to a run that has begun to write, so that it can be resumed', async () => {
  const { ledger, state, begin, take } = world()
  const first = await begin('one')
  await claim(ledger, first.run, first.fence, 0)
  state.isEmpty = false
  await expect(take('two')).rejects.toMatchObject({
    code: 'destination-not-empty',
    message: expect.stringContaining('--resume'),
  })
  expect(await take('three', { resume: true })).toMatchObject({ outcome: 'held', run: first.run })
})

it('waits for the live changes of the run before', async () => {
  const { ledger, state, begin, secondsUntilHeld } = world()
  const first = await begin('one', { offline: false })
  await beginCapture(ledger, first.run, { since: state.now, stream: 'stream' })
  expect(await secondsUntilHeld('two')).toBe(361)
})

it('waits for a repair of the run before', async () => {
  const { ledger, begin, secondsUntilHeld } = world()
  const first = await begin('one')
  await claim(ledger, first.run, first.fence, 0)
  await enterPhase(first, 'Repair', { ledger, runtime: { clock: () => 0, emit: () => {} } })
  expect(await secondsUntilHeld('two')).toBe(961)
})

it('does not wait for a run that comes to its end in order', async () => {
  const { ledger, state, begin } = world()
  const first = await begin('one')
  const started = await claim(ledger, first.run, first.fence, state.now + 100 * second)
  if (started.kind !== 'started') throw new Error('Expected the slice to start')
  const { deadline: _, ...drained } = started.record
  await replaceChunk(ledger, { ...drained, state: 'done' }, { epoch: 1, state: 'open' })
  expect(await begin('two')).toMatchObject({ fence: 2 })
})

it('hands what it waits for on to the next new run', async () => {
  const { ledger, state, begin, take, secondsUntilHeld } = world()
  const first = await begin('one')
  await claim(ledger, first.run, first.fence, state.now + 100 * second)
  await take('two')
  expect(await secondsUntilHeld('three')).toBe(161)
  const { fence } = await readControl(ledger, first.run)
  expect(fence).toBe(2)
})

it('fences and waits out every earlier run, where the owner between died before it had', async () => {
  const inner = memoryLedgerTable()
  let dies = false
  const { ledger, state, begin, take, secondsUntilHeld } = world({
    get: (pk, sk) => inner.get(pk, sk),
    query: (...list) => inner.query(...list),
    async commit(puts) {
      // It has taken the lease. It fences the run before next.
      if (dies && puts.every(({ row }) => row.sk === 'CONTROL')) throw new Error('killed')
      return inner.commit(puts)
    },
  })
  const first = await begin('one')
  await claim(ledger, first.run, first.fence, state.now + 100 * second)
  dies = true
  await expect(take('two')).rejects.toThrow('killed')
  const between = (await readLease(ledger, 'destination'))!
  expect(between).toMatchObject({ execution: 'two', fence: 2 })
  dies = false
  expect(await take('three')).toMatchObject({ outcome: 'waiting' })
  for (const run of [first.run, between.run]) expect(await readControl(ledger, run)).toMatchObject({ fence: 3 })
  expect(await secondsUntilHeld('three')).toBe(161)
})

it('goes on at once where the same run is resumed', async () => {
  const { ledger, state, begin } = world()
  const first = await begin('one')
  await claim(ledger, first.run, first.fence, state.now + 100 * second)
  expect(await begin('two', { resume: true })).toMatchObject({ run: first.run, fence: 2 })
})

it('refuses a destination that has been written again meanwhile, and gives the lease back', async () => {
  const { ledger, state, begin, take } = world()
  await begin('one')
  state.isEmpty = false
  await expect(take('two')).rejects.toMatchObject({ code: 'destination-not-empty' })
  // Nor is that run gone on with before the destination is empty.
  await expect(take('three', { resume: true })).rejects.toMatchObject({ code: 'destination-not-empty' })
  state.isEmpty = true
  const held = await begin('four', { resume: true })
  expect((await getRun(ledger, held.run)).state).toBe('running')
})

it('does not take what its own run has written for that of another', async () => {
  const { ledger, state, begin } = world()
  const first = await begin('one')
  await updateRun(ledger, first.run, (before) => ({ ...before, planned: true }))
  state.isEmpty = false
  // A late delivery of the same request.
  expect(await begin('one')).toEqual(first)
})

it('lets a slice that was fenced while it claimed its chunk write nothing', async () => {
  const inner = memoryLedgerTable()
  const { ledger, state, begin, take } = world({
    get: (pk, sk) => inner.get(pk, sk),
    query: (...asked) => inner.query(...asked),
    async commit(puts) {
      const claims = puts.some(({ row }) => row.sk.startsWith('CHUNK#') && row.epoch === 1)
      if (claims) await take('two')
      return inner.commit(puts)
    },
  })
  const first = await begin('one')
  const started = await claim(ledger, first.run, first.fence, state.now + 100 * second)
  expect(started).toEqual({ kind: 'ended', outcome: { outcome: 'stopped', reason: 'fenced' } })
  const chunk = (await getChunk(ledger, first.run, 'copy', segmentId(0))) as ChunkRecord
  expect(chunk.epoch).toBe(1)
})

/** The same ledger, in which somebody else is always first to change rows of that sort key. */
function contested(ledger: LedgerTable, sk: string): LedgerTable {
  return {
    get: (pk, key) => ledger.get(pk, key),
    query: (pk, prefix, page) => ledger.query(pk, prefix, page),
    commit: async (puts) => !puts.some(({ row }) => row.sk === sk) && ledger.commit(puts),
  }
}

it('gives up a control row that others keep changing, with an error that is retried', async () => {
  const { take } = world(contested(memoryLedgerTable(), 'CONTROL'))
  await expect(take('one')).rejects.toMatchObject({ code: 'lost-race', retryable: true })
})

it('gives up a run that others keep changing, with an error that is retried', async () => {
  const { ledger, begin } = world()
  const { run } = await begin('one')
  const change = updateRun(contested(ledger, 'RUN'), run, (before) => ({ ...before, planned: true }))
  await expect(change).rejects.toMatchObject({ code: 'lost-race', retryable: true })
})

it('a slice of a chunk that others keep claiming waits, and its failure is retried, not forgotten', async () => {
  const { ledger, begin } = world()
  const { run, fence } = await begin('one')
  await claim(ledger, run, fence, 2_000_000 * second)
  const task = { run, pass: 'copy' as const, chunk: segmentId(0), fence }
  const contestedLedger = contested(ledger, `CHUNK#copy#${segmentId(0)}`)
  const started = await startSlice(contestedLedger, task, migrationsOf(), 0, second)
  expect(started).toEqual({ kind: 'ended', outcome: { outcome: 'waiting' } })
  const runtime = { clock: () => 0, sleep: async () => {}, random: () => 0, emit: () => {} }
  const failing = failChunk({ ...task, reason: 'boom' }, { ledger: contestedLedger, runtime })
  await expect(failing).rejects.toMatchObject({ code: 'lost-race' })
})

it.each([{ resume: true }, { only: 'verify' }, { only: 'repair' }])(
  'goes on with no run, asked %o, whose source or destination was deleted and made anew',
  async (asked) => {
    const ids = { source: 'id-1', destination: 'id-2' }
    const { ledger, state, begin, take } = world()
    state.tableIds = ids
    const { run } = await begin('one')
    state.isEmpty = false
    const finished = { state: 'finished', verification: { number: 1, ended: true }, planned: true } as const
    const phases = [...(['Copy', 'Finished'] as const)].map((phase) => ({ phase, at: 1 }))
    await updateRun(ledger, run, (before) => ({
      ...before,
      ...('only' in asked && { ...finished, phases }),
    }))
    const { code, message } = await refusalOf(() => {
      state.tableIds = { ...ids, source: 'id-3' }
      return take('two', { offline: false, ...asked })
    })
    expect([code, message]).toEqual(['table-replaced', expect.stringContaining('Table source was deleted')])
    state.tableIds = { source: 'id-3', destination: 'id-4' }
    expect(await refusalOf(() => take('two', { offline: false, ...asked }))).toMatchObject({
      message: expect.stringContaining('Table source and table destination was deleted'),
    })
    state.isEmpty = true
    for (const known of [ids, {}]) {
      state.tableIds = known
      expect(await take(`three${Object.keys(known).length}`, { offline: false, ...asked })).toMatchObject({ run })
    }
  },
)

it('goes on with a run of an older version, which does not know the ids of its tables', async () => {
  const { ledger, state, begin, take } = world()
  const { run } = await begin('one')
  await updateRun(ledger, run, ({ tableIds: _, ...before }) => before)
  state.tableIds = { source: 'id-1', destination: 'id-2' }
  expect(await take('two', { resume: true, offline: false })).toMatchObject({ run })
})

async function refusalOf(work: () => Promise<unknown>): Promise<{ code: string; message: string }> {
  return work().then(
    () => expect.unreachable(),
    (error) => error,
  )
}

describe('a ledger that several stacks were given', () => {
  /** Stack `Night` has begun a run; now `Day` asks, of which CloudFormation says this about `Night`. */
  async function handedOver(use: LedgerUse) {
    const made = world()
    made.state.stack = 'Night'
    const night = await made.begin('Night-1')
    made.state.stack = 'Day'
    made.state.uses[stackId('Night')] = use
    return { ...made, night }
  }

  it('is used by one of them: another is refused, which is told the first, and since when', async () => {
    const { take, ledger, night } = await handedOver('this ledger')
    await expect(take('Day-1', { resume: true })).rejects.toMatchObject({
      code: 'ledger-in-use',
      message: expect.stringMatching(/^Stack Night uses this ledger since 1970-01-12T13:46:40.000Z/),
    })
    expect(await readLease(ledger, 'destination')).toMatchObject({ run: night.run, execution: 'Night-1' })
  })

  it('is given to no other while CloudFormation does not respond', async () => {
    const { take } = await handedOver('unknown')
    await expect(take('Day-1')).rejects.toMatchObject({
      code: 'ledger-in-use',
      message: expect.stringContaining('Stack Night has used this ledger'),
    })
  })

  it('goes on to the next once the first is destroyed, in the middle of a run too, which is resumed', async () => {
    const { begin, take, state, night } = await handedOver('gone')
    expect(await begin('Day-1', { resume: true })).toMatchObject({ run: night.run, fence: night.fence + 1 })
    // The first one's name again, but another stack.
    state.stack = 'Night'
    state.uses[stackId('Day')] = 'this ledger'
    await expect(take('Night-2')).rejects.toMatchObject({ code: 'ledger-in-use' })
  })

  it('goes on to the next once the first was deployed with another; not its run, while that may be at work', async () => {
    const { take } = await handedOver('another ledger')
    await expect(take('Day-1', { resume: true })).rejects.toMatchObject({
      code: 'run-in-progress',
      message: expect.stringContaining('Night-1'),
    })
  })

  it('stays with the stack that uses it, and is its own from the first run on', async () => {
    const { begin, state, ledger } = world()
    state.stack = 'Night'
    await begin('Night-1')
    const first = await readLedgerStack(ledger)
    expect(first).toEqual({ stack: stackId('Night'), since: state.now })
    state.now += 1_000
    await begin('Night-2')
    expect(await readLedgerStack(ledger)).toEqual(first)
  })
})

describe('a ledger that knows nothing of the source', () => {
  it('refuses it where the source names another ledger, and writes nothing', async () => {
    const { take, state, ledger } = world()
    state.ledgerOfSource = 'ledger-of-last-year'
    await expect(take('one')).rejects.toMatchObject({
      code: 'other-ledger',
      message: expect.stringContaining('another ledger, ledger-of-last-year'),
    })
    expect(state.marked).toEqual([])
    expect(await readLease(ledger, 'destination')).toBeUndefined()
  })

  it.each([[undefined], ['ledger']])('takes it where the source names %s', async (ledgerOfSource) => {
    const { begin, state } = world()
    state.ledgerOfSource = ledgerOfSource
    await begin('one')
  })

  it('is named by the destination before anything is written there, and by the one of an older run that is resumed', async () => {
    const { begin, state, ledger } = world()
    const first = await begin('one')
    expect(state.marked).toEqual([undefined])
    state.ledgerOfSource = 'another, which was named since'
    await begin('two', { resume: true })
    expect(state.marked).toEqual([undefined, first.run])
    expect(await readLease(ledger, 'destination')).toMatchObject({ run: first.run })
  })
})

it('a run that is resumed under a budget has no more slices than come past the largest item', async () => {
  const { ledger, begin } = world()
  const first = await begin('one', { concurrency: 10 })
  const allow = (units: object) =>
    changeControl(ledger, first.run, (control) => ({ ...control, budget: { at: 0, ...units } }))
  await allow({ writeUnits: 10, readUnits: 500 })
  expect(await begin('two', { resume: true })).toMatchObject({ run: first.run, concurrency: 10 })
  expect(await getRun(ledger, first.run)).toMatchObject({ concurrency: 10, fence: 2, budgetFence: 2 })
  expect((await begin('three', { resume: true, concurrency: 4 })).concurrency).toBe(4)
  await allow({ readUnits: 0.5 })
  expect((await begin('four', { resume: true })).concurrency).toBe(1)
  await allow({ writeUnits: 500 })
  expect((await begin('five', { resume: true })).concurrency).toBe(40)
})

it.each([1, 2, 3])('sees the budget of whoever throttles a run while it is resumed, after look %i', async (look) => {
  const { ledger, begin } = world()
  const get = ledger.get.bind(ledger)
  let looks = Number.NEGATIVE_INFINITY
  ledger.get = async (pk, sk) => {
    const row = await get(pk, sk)
    if (sk === 'CONTROL' && ++looks === look)
      await changeControl(ledger, first.run, (control) => ({ ...control, budget: { at: 0, writeUnits: 10 } }))
    return row
  }
  const first = await begin('one', { concurrency: 10 })
  looks = 0
  expect(await begin('two', { resume: true })).toMatchObject({ run: first.run, concurrency: 10 })
})
