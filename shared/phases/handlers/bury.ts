import type { Build } from '../../ledger/builds.ts'
import { continueUnless, stopReason } from '../../ledger/fencing.ts'
import { getRun } from '../../ledger/runs.ts'
import type { ListPlace } from '../../live/list-work.ts'
import type { Ask } from '../../runtime/retry.ts'
import { alive } from '../beat.ts'
import { type Buried, buryRun } from '../bury.ts'
import { definitionsOf, ticketEngine } from './engines.ts'
import type { Handler, SearchWorld, Task } from './world.ts'

/** Deletes once more what the pass may have brought back, once no document of it can land. */
export function buryHandler(world: SearchWorld): Handler<Task & { from: ListPlace }, Buried> {
  const { ledger, runtime } = world
  const waitsFor = 'what the pass has sent may still land'
  return alive(world, { phase: 'Bury', waitsFor }, async (task, deadline, beat) => {
    const code = definitionsOf(world)
    const goOn = continueUnless(stopReason(ledger, task, code, runtime.clock))
    const ask: Ask = async (...about) => {
      await goOn(...about)
      await beat()
    }
    const [run, definitions, search] = await Promise.all([
      getRun(ledger, task.run),
      world.indices(),
      world.openSearch(),
    ])
    const tickets = (build: Build) => ticketEngine(world, run, build, ask)
    return buryRun(task, { ledger, runtime, deadline, code, definitions, search, tickets })
  })
}
