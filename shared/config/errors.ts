import { type ErrorTable, SegueError } from '../runtime/error.ts'

export const optionsErrors: ErrorTable<'invalid-options'> = {
  'invalid-options': {
    means: 'An option of the deployment, or a field of the input of a run, is unknown or has a value out of range.',
    next: 'Correct what the message lists (see options.md), then deploy again; or start again, if it is the input.',
  },
}

/** Invalid options. The message lists every problem, so that one correction is enough. */
export class OptionsError extends SegueError {
  static override readonly kind = 'OptionsError'
  declare readonly code: 'invalid-options'

  constructor(problems: string[], where = 'options (cdk.json, context key `segue`)') {
    super('invalid-options', `Invalid ${where}: ${problems.join('; ')}. Correct these and deploy or start again.`, {
      source: 'user',
      ...optionsErrors['invalid-options'],
    })
  }
}
