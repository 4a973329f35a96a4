/** Options that cannot be used. The message lists every problem, so that one correction suffices. */
export class OptionsError extends Error {
  readonly code = 'invalid-options'
  readonly source = 'user'
  readonly retryable = false

  constructor(problems: string[], where = 'options (cdk.json, context key `segue`)') {
    super(`Invalid ${where}: ${problems.join('; ')}. Correct these and deploy or start again.`)
    this.name = 'OptionsError'
  }
}
