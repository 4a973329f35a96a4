/** The ledger holds something the engine cannot go on with. */
export class LedgerError extends Error {
  readonly source = 'internal'
  readonly retryable = false
  readonly code: 'row-missing' | 'illegal-transition' | 'lost-race'

  constructor(code: LedgerError['code'], message: string) {
    super(message)
    this.name = 'LedgerError'
    this.code = code
  }
}
