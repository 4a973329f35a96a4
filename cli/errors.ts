import { LostSight } from '../shared/operator/errors.ts'
import { type ErrorTable, SegueError } from '../shared/runtime/error.ts'
import { type ExitCode, exitCode, exitCodeOfRefusal } from './exit-codes.ts'

export type CliErrorCode =
  | 'no-stack'
  | 'several-stacks'
  | 'bad-local-file'
  | 'bad-module'
  | 'not-confirmed'
  | 'files-exist'
  | 'bad-package-json'

export const cliErrors: ErrorTable<CliErrorCode> = {
  'no-stack': {
    means: 'There is no such Segue stack in this region and account.',
    next: 'Check `--stack`, AWS_REGION and AWS_PROFILE; deploy with `cdk deploy` if it was never deployed.',
  },
  'several-stacks': {
    means: 'There are several Segue stacks in this region and account.',
    next: 'Choose one with `--stack NAME`.',
  },
  'bad-local-file': {
    means: '`.segue/local.json` is not valid.',
    next: 'Start the local stack again, or delete the file.',
  },
  'bad-module': {
    means: 'The module of migrations that `segue plan` was given does not load.',
    next: 'Correct what the message names.',
  },
  'not-confirmed': {
    means: 'The command changes or deletes data, and nobody confirmed it.',
    next: 'Confirm on a terminal, or add `--yes` in a script.',
  },
  'files-exist': {
    means: '`segue init` would have to overwrite files, so it wrote nothing.',
    next: 'Run it in an empty folder and copy what you need, or move the files away.',
  },
  'bad-package-json': {
    means: '`segue init` cannot add to this `package.json`: it is not JSON, or of a package of CommonJS.',
    next: 'Run it in a folder of its own.',
  },
}

/** The user must fix something first; the message says what to fix. */
export class CliError extends SegueError {
  static override readonly kind = 'CliError'
  declare readonly code: CliErrorCode

  constructor(code: CliErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, { source: 'user', ...cliErrors[code] }, options)
  }
}

/** Advice by the name of an SDK error; every service uses the same names. */
const credentialAdvice: Record<string, string> = {
  CredentialsProviderError:
    'No AWS credentials found. Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or log in (`aws sso login`).',
  ExpiredToken: 'The AWS credentials have expired. Log in again (`aws sso login`).',
  UnrecognizedClient: 'AWS does not know these credentials. Check AWS_PROFILE and AWS_REGION.',
  InvalidClientTokenId: 'AWS does not know these credentials. Check AWS_PROFILE and AWS_REGION.',
  SignatureDoesNotMatch: 'AWS does not accept the secret key of these credentials. Check AWS_SECRET_ACCESS_KEY.',
  InvalidSignature: 'AWS does not accept the secret key of these credentials. Check AWS_SECRET_ACCESS_KEY.',
}

/** The fields of errors of Node, the SDK and the engine; `serviceError` is the SDK's name for a DynamoDbError. */
type Explicable = Error & { code?: string; source?: string; serviceError?: string }

/** An error as one sentence with the next step, and the code the command exits with. */
export function explain(error: unknown): { code: ExitCode; sentence: string } {
  if (LostSight.is(error))
    return { code: exitCode('unexpected'), sentence: `${error.message}: ${explain(error.cause).sentence}` }
  const { name = '', message = String(error), code, source, serviceError = name } = error as Explicable
  const advice = credentialAdvice[serviceError.replace(/(Exception|Error)$/, '')] ?? credentialAdvice[serviceError]
  if (advice) return { code: exitCode('refused'), sentence: advice }
  if (name.startsWith('AccessDenied'))
    return { code: exitCode('refused'), sentence: `${message} Ask for that permission, or use another AWS_PROFILE.` }
  if (/region is missing/i.test(message))
    return { code: exitCode('refused'), sentence: 'No AWS region. Set AWS_REGION, or a profile that names one.' }
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND')
    return {
      code: exitCode('unexpected'),
      sentence: `The AWS endpoint does not respond (${message || code}). Check AWS_ENDPOINT_URL and the network; for the local stack, start it again.`,
    }
  if (source === 'user' || code === 'access-denied' || code === 'table-not-found')
    return { code: exitCodeOfRefusal({ error: code ?? '' }), sentence: message }
  return { code: exitCode('unexpected'), sentence: `${message || name} (--verbose shows more)` }
}
