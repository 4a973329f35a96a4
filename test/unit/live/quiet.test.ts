import { expect, it } from 'vitest'
import { readControl, writeControl } from '../../../shared/ledger/control.ts'
import { chunkPk, chunkSk } from '../../../shared/ledger/keys.ts'
import { readLease, writeLease } from '../../../shared/ledger/lease.ts'
import { beginQuiet } from '../../../shared/live/quiet.ts'
import { run, world } from './world.ts'

const task = { run, fence: 1 }

async function copied() {
  const made = await world()
  const chunk = async (change: object) => {
    const before = (await made.ledger.get(chunkPk(run, 's00000'), chunkSk('copy', 's00000')))!
    await made.ledger.commit([{ row: { ...before, ...change }, expect: 'any' }])
  }
  return { ...made, chunk, begin: () => beginQuiet(task, made.engine) }
}

it('quiet begins once copy has ended, and asking again gives the same period', async () => {
  const { begin, time, ledger } = await copied()
  const first = await begin()
  time.now += 1_000
  expect(await begin()).toEqual(first)
  expect(first).toMatchObject({ outcome: 'quiet', quiet: (await readControl(ledger, run)).quiet })
})

it('quiet waits until a minute after the deadline of a slice that never said its writes had ended', async () => {
  const { begin, chunk, time } = await copied()
  await chunk({ undrained: time.now + 10_000 })
  expect(await begin()).toMatchObject({ outcome: 'waiting', seconds: 71 })
  time.now += 70_000
  expect(await begin()).toMatchObject({ outcome: 'waiting', seconds: 1 })
  time.now += 1
  expect(await begin()).toMatchObject({ outcome: 'quiet' })
})

it('quiet waits for writers of an earlier owner', async () => {
  const { begin, ledger, time } = await copied()
  const lease = (await readLease(ledger, 'destination'))!
  await writeLease(ledger, lease, { ...lease, quietAfter: time.now + 5_000 })
  expect(await begin()).toMatchObject({ outcome: 'waiting', seconds: 6 })
})

it('quiet is refused while a chunk of copy is open', async () => {
  const { begin, chunk } = await copied()
  await chunk({ state: 'open' })
  await expect(begin()).rejects.toMatchObject({ code: 'copy-open' })
})

it.each([
  ['fenced', { fence: 2 }],
  ['aborted', { command: 'abort' }],
  ['paused', { command: 'pause' }],
])('quiet does not begin in a run that is %s', async (reason, change) => {
  const { begin, control } = await copied()
  await control(change)
  expect(await begin()).toEqual({ outcome: 'stopped', reason })
})

it('a quiet period that begins after another has ended has another name', async () => {
  const { begin, ledger, time } = await copied()
  const first = await begin()
  await writeControl(ledger, run, await readControl(ledger, run), { command: 'run', fence: 1 })
  time.now += 1
  expect(await begin()).not.toEqual(first)
})

it('of a command and a quiet flag written at once, one is told', async () => {
  const { begin, ledger } = await copied()
  const before = await readControl(ledger, run)
  await begin()
  expect(await writeControl(ledger, run, before, { ...before, command: 'pause' })).toBe(false)
})

it('a new owner begins without quiet', async () => {
  const { begin, ledger } = await copied()
  await begin()
  const before = await readControl(ledger, run)
  await writeControl(ledger, run, before, { command: 'run', fence: 2 })
  expect((await readControl(ledger, run)).quiet).toBeUndefined()
})
