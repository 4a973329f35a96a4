import { expect, test } from 'vitest'
import { beginCapture, endCapture } from '../../../shared/ledger/capture.ts'
import { getRun } from '../../../shared/ledger/runs.ts'
import { finishRun } from '../../../shared/phases/finish.ts'
import { aRun, aSegment, aWalk, memoryWorld, start, store } from '../cli/fixtures.ts'

const task = { run: 'run00001', fence: 1 }
const done = [aSegment(0, 1, { state: 'done' }), aSegment(1, 1, { state: 'done' })]

async function verified(missing: number, offline = false) {
  const { ledger, world } = memoryWorld()
  const found = { read: 2, migrated: 2, produced: 2, present: 2 - missing, missing }
  const run = aRun({ phase: 'Orphans', offline, verification: { number: 1, ended: false } })
  await store(ledger, run, [...done, ...aWalk('verify.1', found), ...aWalk('orphans.1', { read: 2 })])
  if (!offline) await beginCapture(ledger, run.id, { since: start, stream: 'arn:stream' })
  return { ledger, engine: { ledger, runtime: world.runtime } }
}

test('a verification with differences has live changes probed once before the run finishes', async () => {
  const { ledger, engine } = await verified(1)
  expect(await finishRun(task, engine)).toEqual({ outcome: 'probe' })
  expect((await getRun(ledger, task.run)).state).toBe('running')
  const finished = { outcome: 'finished', quarantined: 0, differences: 1 }
  expect(await finishRun({ ...task, probed: true }, engine)).toEqual(finished)
  expect(await finishRun(task, engine)).toEqual(finished)
})

test('nothing is probed where nothing differs, or where live changes are not captured', async () => {
  const clean = await verified(0)
  expect(await finishRun(task, clean.engine)).toMatchObject({ outcome: 'finished' })
  const offline = await verified(1, true)
  expect(await finishRun(task, offline.engine)).toMatchObject({ outcome: 'finished', differences: 1 })
  const off = await verified(1)
  await endCapture(off.ledger, task.run, start)
  expect(await finishRun(task, off.engine)).toMatchObject({ outcome: 'finished', differences: 1 })
})
