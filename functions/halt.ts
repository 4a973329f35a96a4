import { haltRun } from '../shared/phases/halt.ts'
import { wire } from './wiring/handler.ts'
import { ledger, runtime } from './wiring/world.ts'

interface Caught {
  run: string
  fence: number
  /** What the state machine caught. */
  error: { Error?: string; Cause?: string }
}

/** A phase failed: records why and leaves the run resumable. */
export const handler = wire(async ({ run, fence, error }: Caught) => {
  const halted = { error: error.Error ?? 'unknown', cause: (error.Cause ?? '').slice(0, 1_000) }
  return haltRun({ run, fence, ...halted }, { ledger, runtime })
})
