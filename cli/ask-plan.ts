import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda'
import type { NoAnswer, PlanAnswer, PlanQuestion } from '../shared/operator/plan/pending.ts'

/**
 * Asks the preflight function, which has the migrations, what a run would make of the source. A plan is worth having
 * without the answer, so whatever goes wrong is a reason and no error.
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

/** What Lambda makes of an error that a handler throws. */
interface FunctionFailure {
  errorType?: string
}
