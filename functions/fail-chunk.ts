import type { PassId } from '../shared/ledger/passes.ts'
import { failChunk } from '../shared/phases/fail-chunk.ts'
import { wire } from './wiring/handler.ts'
import { ledger, runtime } from './wiring/world.ts'

interface FailedChunk {
  run: string
  pass: PassId
  chunk: string
  fence: number
  /** What the state machine caught. */
  error: { Error?: string; Cause?: string }
}

/** Records that the retries of a chunk's slice have ended, so that the others can go on. */
export const handler = wire(({ error, ...task }: FailedChunk) => {
  const reason = `${error.Error ?? 'Unknown error'}: ${(error.Cause ?? '').slice(0, 500)}`
  return failChunk({ ...task, reason }, { ledger, runtime })
})
