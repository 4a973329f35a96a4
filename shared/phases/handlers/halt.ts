import { type Ended, haltRun } from '../halt.ts'
import type { Caught, Handler, Task, World } from './world.ts'

/** A phase failed: records why and leaves the run resumable. */
export function haltHandler({ ledger, runtime }: World): Handler<Task & { error: Caught }, Ended> {
  return async ({ error, ...task }) => {
    const cause = `${error.Error ?? 'Unknown error'}: ${(error.Cause ?? '').slice(0, 1_000)}`
    return haltRun({ ...task, error: 'phase-failed', cause }, { ledger, runtime })
  }
}
