import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Emulator, startEmulator } from '../../local/index.ts'
import { Court, finished } from './court.ts'

let aws: Emulator
let court: Court
const ITEMS = 30_000

beforeAll(async () => {
  aws = await startEmulator()
  court = await Court.deploy(aws, 'Interrupted')
  await court.fill(ITEMS)
})
afterAll(() => aws?.stop())

it('goes on from its checkpoints after its execution was stopped from the console', async () => {
  const execution = await court.start()
  await court.until(({ coverage }) => coverage.done >= 3)
  await court.stop(execution)
  expect(await court.ended(execution)).toMatchObject({ status: 'ABORTED' })
  // What a slice at work had claimed it may still finish; a new owner fences it.
  const stopped = (await court.remembered())!
  // Until the watchdog has swept, which leaves leases of the last half minute alone.
  expect(['running', 'stopped']).toContain(stopped.run.state)
  expect(stopped.coverage.complete).toBe(false)

  const refused = await court.segue('run', '--wait')
  expect(refused.code, refused.output).toBe(2)
  expect(refused.output).toMatch(/already holds items.*segue run --resume/)

  const resumed = await court.segue('run', '--resume', '--wait')
  expect(resumed.code, resumed.output).toBe(4)
  const after = (await court.remembered())!
  expect(after.run.id).toBe(stopped.run.id)
  expect(after.run.fence).toBeGreaterThan(stopped.run.fence)
  expect(after.lease).toMatchObject({ held: false, fence: after.run.fence + 1 })
  for (const { id, epoch } of stopped.chunks.filter(({ state }) => state === 'done'))
    expect(after.chunks.find((chunk) => chunk.id === id)?.epoch, `${id} was done and is left alone`).toBe(epoch)
  expect(await court.result()).toEqual(finished(ITEMS))
})

it('has nothing to resume once it has finished', async () => {
  const { code, output } = await court.segue('run', '--resume', '--wait')
  expect(code, output).toBe(2)
  expect(output).toMatch(/no unfinished run.*Start one without/)
})
