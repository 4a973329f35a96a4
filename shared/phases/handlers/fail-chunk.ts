import type { PassId } from '../../ledger/passes.ts'
import { failChunk } from '../fail-chunk.ts'
import type { Caught, Handler, Task, World } from './world.ts'

/** Records that the retries of a chunk's slice have ended, so that the others can continue. */
export function failChunkHandler({
  ledger,
  runtime,
}: World): Handler<Task & { pass: PassId; chunk: string; error: Caught }, Awaited<ReturnType<typeof failChunk>>> {
  return ({ error, ...task }) => {
    const reason = `${error.Error ?? 'Unknown error'}: ${(error.Cause ?? '').slice(0, 500)}`
    return failChunk({ ...task, reason }, { ledger, runtime })
  }
}
