import { type ErrorTable, SegueError } from '../shared/runtime/error.ts'

export type LocalErrorCode =
  | 'tool-missing'
  | 'install-failed'
  | 'start-failed'
  | 'deploy-failed'
  | 'not-running'
  | 'already-running'
  | 'no-app'
  | 'no-segue'
  | 'no-table'

export const localErrors: ErrorTable<LocalErrorCode> = {
  'tool-missing': {
    means: 'A program that the local default needs is not on this machine.',
    next: 'Install what the message names; `npm run doctor` lists everything.',
  },
  'install-failed': {
    means: 'The emulator or DynamoDB Local could not be downloaded.',
    next: 'Check the network, or the mirror of the package index that the message names.',
  },
  'start-failed': {
    means: 'The emulator or DynamoDB Local did not start.',
    next: 'Read the end of its log, which the message shows.',
  },
  'deploy-failed': {
    means: 'The CDK app did not deploy to the local stack.',
    next: 'Read the end of the output, which the message shows.',
  },
  'not-running': {
    means: 'The endpoint of the local stack does not respond.',
    next: 'Start it with `npm run local -- up`, or unset AWS_ENDPOINT_URL.',
  },
  'already-running': {
    means: 'Another local stack is running already.',
    next: 'Use it as it is, or end it first: `npm run local -- down`.',
  },
  'no-app': {
    means: 'The folder that `--app` names holds no CDK app.',
    next: 'Name the folder with its cdk.json: `--app DIR`.',
  },
  'no-segue': {
    means: 'The app has no stack with the Segue construct, or several.',
    next: 'Put `new Segue(…)` into exactly one of its stacks.',
  },
  'no-table': {
    means: 'A table is not there locally: the app names it and does not make it, or its name is misspelt.',
    next: 'Make it in the app where that is deployed locally, or create it there and run `up` again.',
  },
}

/** Something on this machine is missing or failed; the message says what to do about it. */
export class LocalError extends SegueError {
  static override readonly kind = 'LocalError'
  declare readonly code: LocalErrorCode

  constructor(code: LocalErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, { source: 'user', ...localErrors[code] }, options)
  }
}
