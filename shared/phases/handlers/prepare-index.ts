import { getRun } from '../../ledger/runs.ts'
import { retryingStream } from '../../live/retrying-ports.ts'
import { alive } from '../beat.ts'
import { prepareIndex } from '../prepare-index.ts'
import { mappingOf } from './engines.ts'
import type { Handler, MappingWorld, SearchWorld, StreamWorld, Task } from './world.ts'

/** Creates the indices of a build, and turns on what brings changes into them; retried until that is on. */
export function prepareIndexHandler(
  world: SearchWorld & StreamWorld & MappingWorld,
): Handler<Task, Awaited<ReturnType<typeof prepareIndex>>> {
  const { ledger, runtime, searchHash = '', slackMs } = world
  return alive(world, { phase: 'Prepare index', waitsFor: 'a mapping takes up to minutes to change' }, async (task) => {
    const { schema } = await getRun(ledger, task.run)
    const stream = retryingStream(world.openStream(schema, 'index'), runtime)
    const mapping = mappingOf(world, 'index')
    const [definitions, search] = await Promise.all([world.indices(), world.openSearch()])
    return prepareIndex(task, { ledger, runtime, search, definitions, searchHash, stream, mapping, slackMs })
  })
}
