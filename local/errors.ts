/** Something on this machine is missing or failed; the message says what to do about it. */
export class LocalError extends Error {
  readonly code:
    | 'tool-missing'
    | 'install-failed'
    | 'start-failed'
    | 'deploy-failed'
    | 'not-running'
    | 'already-running'
    | 'no-app'
    | 'no-segue'
    | 'no-table'

  constructor(code: LocalError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'LocalError'
    this.code = code
  }
}
