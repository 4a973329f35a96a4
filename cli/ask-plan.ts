import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda'
import type { NoAnswer, PlanAnswer, PlanQuestion } from '../shared/operator/plan/pending.ts'

/**
 * Invokes the preflight function for the part of a plan that only it knows: what the deployed migrations make of the
 * source. Never throws: a plan is useful without it, so a failure is returned as a reason.
 */
export async function askPlan(
  client: Pick<LambdaClient, 'send'>,
  functionArn: string,
  question: PlanQuestion,
): Promise<PlanAnswer | NoAnswer> {
  const Payload = JSON.stringify({ plan: question })
  try {
    const answer = await client.send(new InvokeCommand({ FunctionName: functionArn, Payload }))
    const told = JSON.parse(answer.Payload?.transformToString() ?? 'null') as
      | PlanAnswer
      | NoAnswer
      | FunctionFailure
      | null
    if (!answer.FunctionError && told && 'outcome' in told) return told
    const failure = told && 'errorType' in told ? `: ${told.errorType}` : ''
    return { outcome: 'unknown', reason: `the preflight function failed${failure}` }
  } catch (error) {
    const { name } = error as Error
    if (name.startsWith('AccessDenied'))
      return { outcome: 'unknown', reason: `no permission lambda:InvokeFunction on ${functionArn}` }
    return { outcome: 'unknown', reason: `the preflight function could not be invoked: ${name}` }
  }
}

/** The payload that Lambda returns when a handler throws. */
interface FunctionFailure {
  errorType?: string
}
