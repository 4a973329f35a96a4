export type OperatorErrorCode = 'no-run' | 'not-verified' | 'no-capture' | 'run-under-way' | 'not-off'

/** What the operator must put right first. Nothing was begun; the message is the sentence they see. */
export class OperatorError extends Error {
  readonly code: OperatorErrorCode
  readonly source = 'user'
  readonly retryable = false

  constructor(code: OperatorErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'OperatorError'
    this.code = code
  }
}

/** Something was begun, and what becomes of it cannot be told: never to be taken for a refusal, which begins nothing. */
export class LostSight extends Error {
  readonly code = 'lost-sight'
  readonly source = 'dependency'
  readonly retryable = true

  /** @param message what was begun and how to see it; the sentence of the cause follows it. */
  constructor(message: string, cause: unknown) {
    super(message, { cause })
    this.name = 'LostSight'
  }
}

/** An error about a run that is under way. */
export function lostRun(flag: string, cause: unknown): LostSight {
  return new LostSight(`Lost sight of the run, which continues by itself (watch it with \`segue watch${flag}\`)`, cause)
}
