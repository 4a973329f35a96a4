import { expect, test } from 'vitest'
import { enterPhase } from '../../../../shared/facts/phase.ts'
import { getRun } from '../../../../shared/ledger/runs.ts'
import { finishRun } from '../../../../shared/phases/finish.ts'
import { haltRun } from '../../../../shared/phases/halt.ts'
import { aRun, aSegment, aWalk, memoryWorld, start, store } from '../../cli/fixtures.ts'

const done = [aSegment(0, 1, { state: 'done' }), aSegment(1, 1, { state: 'done' })]
const walks = [...aWalk('verify.1', {}), ...aWalk('orphans.1', {})]
const task = { run: 'run00001', fence: 1 }

async function setUp() {
  const { ledger, state, world } = memoryWorld()
  await store(ledger, aRun({ phase: 'Lease' }), [...done, ...walks])
  const engine = { ledger, runtime: world.runtime }
  const noted = async () =>
    (await getRun(ledger, 'run00001')).phases?.map(({ phase, at }) => [phase, (at - start) / 1000])
  return { engine, state, noted }
}

test('a run remembers when it entered each phase, once however often the phase is asked about', async () => {
  const { engine, state, noted } = await setUp()
  await enterPhase({ run: 'run00001', fence: 1 }, 'Copy', engine)
  state.now += 5_000
  await enterPhase({ run: 'run00001', fence: 1 }, 'Drain', engine)
  state.now += 5_000
  await enterPhase({ run: 'run00001', fence: 1 }, 'Drain', engine)
  await finishRun(task, engine)
  await finishRun(task, engine)
  expect(await noted()).toEqual([
    ['Copy', 60],
    ['Drain', 65],
    ['Finished', 70],
  ])
})

test('a run remembers when it halted', async () => {
  const { engine, state, noted } = await setUp()
  await enterPhase({ run: 'run00001', fence: 1 }, 'Copy', engine)
  state.now += 5_000
  await haltRun({ ...task, error: 'phase-failed', cause: 'c' }, engine)
  expect(await noted()).toEqual([
    ['Copy', 60],
    ['Halted', 65],
  ])
})

test('a run that is verified for ever keeps a row of bounded size', async () => {
  const { engine, noted } = await setUp()
  for (let i = 0; i < 150; i++) {
    await enterPhase({ run: 'run00001', fence: 1 }, 'Verify', engine)
    await enterPhase({ run: 'run00001', fence: 1 }, 'Orphans', engine)
  }
  expect(await noted()).toHaveLength(200)
})
