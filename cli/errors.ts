import { type ExitCode, exitCode } from './exit-codes.ts'

/** What the user must put right; its message is the sentence they see. */
export class CliError extends Error {
  readonly code:
    | 'no-stack'
    | 'several-stacks'
    | 'bad-local-file'
    | 'no-run'
    | 'not-verified'
    | 'not-finished'
    | 'bad-module'
  readonly source = 'user'
  readonly retryable = false

  constructor(code: CliError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CliError'
    this.code = code
  }
}

/** SDK errors by name, with what to do about them; they are the same words for every service. */
const credentialAdvice: Record<string, string> = {
  CredentialsProviderError:
    'No AWS credentials found. Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or log in (`aws sso login`).',
  ExpiredToken: 'The AWS credentials have expired. Log in again (`aws sso login`) and repeat the command.',
  UnrecognizedClient: 'AWS does not know these credentials. Check AWS_PROFILE and AWS_REGION.',
  InvalidClientTokenId: 'AWS does not know these credentials. Check AWS_PROFILE and AWS_REGION.',
  SignatureDoesNotMatch: 'AWS does not accept the secret key of these credentials. Check AWS_SECRET_ACCESS_KEY.',
}

/** An error as one sentence with the next step, and the code the command exits with. */
export function explain(error: unknown): { code: ExitCode; sentence: string } {
  const { name = '', message = String(error), code, source } = error as Error & { code?: string; source?: string }
  const advice = credentialAdvice[name.replace(/(Exception|Error)$/, '')] ?? credentialAdvice[name]
  if (advice) return { code: exitCode('refused'), sentence: advice }
  if (name.startsWith('AccessDenied'))
    return { code: exitCode('refused'), sentence: `${message} Ask for that permission, or use another AWS_PROFILE.` }
  if (/region is missing/i.test(message))
    return { code: exitCode('refused'), sentence: 'No AWS region. Set AWS_REGION, or a profile that names one.' }
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND')
    return {
      code: exitCode('unexpected'),
      sentence: `Nothing answers at the AWS endpoint (${message || code}). Check AWS_ENDPOINT_URL and the network; for the local stack, start it again.`,
    }
  if (source === 'user' || code === 'access-denied' || code === 'table-not-found')
    return { code: exitCode('refused'), sentence: message }
  return { code: exitCode('unexpected'), sentence: `${message || name} (--verbose shows more)` }
}

/** Nothing was ever run where a run was asked about. */
export function noRun({ destinationTable, flag }: { destinationTable: string; flag: string }): CliError {
  return new CliError('no-run', `Nothing was ever run into ${destinationTable}. Start with: segue run${flag}`)
}
