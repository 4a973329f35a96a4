import { type Build, buildPut, readBuilds } from '../../../../shared/ledger/builds.ts'
import { writeControl } from '../../../../shared/ledger/control.ts'
import { writeLease } from '../../../../shared/ledger/lease.ts'
import { createRun } from '../../../../shared/ledger/runs.ts'
import { aRun } from '../../cli/fixtures.ts'
import { world } from './world.ts'

export const table = 'destination'
export const run = 'run00001'

/** The world of tickets, with the finished run that owns the table, and its build. */
export async function built(change: Partial<Build> = {}) {
  // Each index has a UUID of its own.
  let last = 0
  const made = await world({ random: () => (last = (last + 0.37) % 1) })
  const { ledger, search, time } = made
  const index = { build: 1, hash: 'definitions' }
  await createRun(ledger, { ...aRun(), id: run, destination: table, state: 'finished', fence: 1, index })
  await writeLease(ledger, undefined, { ...{ table, held: false, run, execution: 'arn', fence: 2 }, since: 0 })
  await writeControl(ledger, run, undefined, { command: 'run', fence: 2 })
  const { uuid } = (await search.indices('court-1'))[0]!
  const build: Omit<Build, 'rev'> = {
    ...{ table, run, n: 1, hash: 'definitions', state: 'building', begunAt: 1, stateAt: 1, since: time.now },
    indices: { court: { name: 'court-1', uuid } },
    ...change,
  }
  await ledger.commit([buildPut(undefined, build)])
  const states = async () => (await readBuilds(ledger, table)).map(({ state, because }) => [state, because])
  const began = time.now
  return { ...made, build, states, waitedMs: () => time.now - began }
}
