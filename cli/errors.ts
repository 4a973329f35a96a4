import { LostSight } from '../shared/operator/errors.ts'
import { type ExitCode, exitCode } from './exit-codes.ts'

/** What the user must put right; its message is the sentence they see. */
export class CliError extends Error {
  readonly code: 'no-stack' | 'several-stacks' | 'bad-local-file' | 'bad-module' | 'not-confirmed'
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
  ExpiredToken: 'The AWS credentials have expired. Log in again (`aws sso login`).',
  UnrecognizedClient: 'AWS does not know these credentials. Check AWS_PROFILE and AWS_REGION.',
  InvalidClientTokenId: 'AWS does not know these credentials. Check AWS_PROFILE and AWS_REGION.',
  SignatureDoesNotMatch: 'AWS does not accept the secret key of these credentials. Check AWS_SECRET_ACCESS_KEY.',
  InvalidSignature: 'AWS does not accept the secret key of these credentials. Check AWS_SECRET_ACCESS_KEY.',
}

/** What errors of Node, the SDK and the engine say of themselves; `serviceError` is the SDK's name for a DynamoDbError. */
type Explicable = Error & { code?: string; source?: string; serviceError?: string }

/** An error as one sentence with the next step, and the code the command exits with. */
export function explain(error: unknown): { code: ExitCode; sentence: string } {
  if (error instanceof LostSight)
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
      sentence: `Nothing answers at the AWS endpoint (${message || code}). Check AWS_ENDPOINT_URL and the network; for the local stack, start it again.`,
    }
  if (source === 'user' || code === 'access-denied' || code === 'table-not-found')
    return { code: exitCode('refused'), sentence: message }
  return { code: exitCode('unexpected'), sentence: `${message || name} (--verbose shows more)` }
}
