import { getRun } from '../../ledger/runs.ts'
import { retryingStream } from '../../live/retrying-ports.ts'
import { alive } from '../beat.ts'
import { captureRun } from '../capture.ts'
import { mappingOf } from './engines.ts'
import type { Handler, MappingWorld, StreamWorld, Task } from './world.ts'

/** Turns live changes on and returns whether they are on; retried until they are. */
export function captureHandler(
  world: StreamWorld & MappingWorld,
): Handler<Task, Awaited<ReturnType<typeof captureRun>>> {
  const { ledger, runtime, openStream, slackMs } = world
  return alive(world, { phase: 'Capture', waitsFor: 'a mapping takes up to minutes to change' }, async (task) => {
    const { schema } = await getRun(ledger, task.run)
    const stream = retryingStream(openStream(schema, 'source'), runtime)
    const mapping = mappingOf(world, 'source')
    return captureRun(task, { ledger, runtime, stream, mapping, clock: runtime.clock, slackMs })
  })
}
