import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Emulator, startEmulator } from '../../local/index.ts'
import { Court, finished } from './court.ts'

let aws: Emulator
let court: Court
const ITEMS = 8_000

beforeAll(async () => {
  aws = await startEmulator()
  court = await Court.deploy(aws, 'Control')
  await court.fill(ITEMS)
})
afterAll(() => aws?.stop())

const executionIn = (output: string) => output.match(/arn:\S+:execution:\S+/)?.[0]

it('begins, attaches, is resumed after somebody stopped its owner, and has finished once, all by one key', async () => {
  const begun = await court.segue('run', '--key', 'nightly', '--reason', 'release 9')
  expect(begun.code, begun.output).toBe(0)
  expect(executionIn(begun.output)).toMatch(/:nightly\.1$/)
  await court.until(({ coverage }) => coverage.done >= 1)

  const attached = await court.segue('run', '--key', 'nightly')
  expect(attached.code, attached.output).toBe(0)
  expect(attached.output).toContain('Attached to what is under way')
  expect(executionIn(attached.output)).toMatch(/:nightly\.1$/)
  const other = await court.segue('run', '--key', 'weekly')
  expect(other.code, other.output).toBe(2)

  const status = await court.segue('status')
  expect(status.output).toMatch(/Command +run by arn:\S+, .*: release 9 \(version 1\)/)
  expect(status.output).toMatch(/Lock +held since .*, fence 1; its owner is that execution, which runs/)
  const refused = await court.segue('unlock')
  expect(refused.code, refused.output).toBe(2)
  expect(refused.output).toMatch(/its owner is execution arn:\S+:nightly\.1, which runs/)

  const freed = await court.segue('unlock', '--stop-owner', '--yes', '--reason', 'it hangs')
  expect(freed.code, freed.output).toBe(0)
  const stopped = (await court.remembered())!
  expect(stopped.lease).toMatchObject({ held: false, fence: 2 })
  expect(stopped.run).toMatchObject({ state: 'stopped', because: 'interrupted', key: 'nightly' })

  const resumed = await court.segue('run', '--key', 'nightly', '--wait')
  expect(resumed.code, resumed.output).toBe(4)
  expect(executionIn(resumed.output)).toMatch(/:nightly\.2$/)
  expect(await court.result()).toEqual(finished(ITEMS))

  const again = await court.segue('run', '--key', 'nightly')
  expect(again.code, again.output).toBe(4)
  expect(again.output).toMatch(/^Finished: /)
  expect((await court.remembered())!.run.id).toBe(stopped.run.id)
})
