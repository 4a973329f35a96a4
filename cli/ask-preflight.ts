import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda'
import type { CallsAnswer, FindingsAnswer, FindingsQuestion } from '../shared/operator/findings.ts'
import type { NoAnswer, PlanAnswer, PlanQuestion } from '../shared/operator/plan/pending.ts'

type Client = Pick<LambdaClient, 'send'>

/**
 * Invokes the preflight function for the part of a plan that only it knows: what the deployed migrations make of the
 * source. Never throws: a plan is useful without it, so a failure is returned as a reason.
 */
export function askPlan(client: Client, functionArn: string, question: PlanQuestion): Promise<PlanAnswer | NoAnswer> {
  return ask(client, functionArn, { plan: question })
}

/** Invokes it for what stands in the way of a run: it may ask what else is done to the tables. Never throws. */
export function askFindings(
  client: Client,
  functionArn: string,
  question: FindingsQuestion,
): Promise<FindingsAnswer | NoAnswer> {
  return ask(client, functionArn, { findings: question })
}

/** Invokes it for the starts and stops of executions that CloudTrail knows. Never throws. */
export function askCalls(client: Client, functionArn: string): Promise<CallsAnswer | NoAnswer> {
  return ask(client, functionArn, { calls: true })
}

async function ask<T extends { outcome: string }>(
  client: Client,
  functionArn: string,
  event: object,
): Promise<T | NoAnswer> {
  try {
    const answer = await client.send(new InvokeCommand({ FunctionName: functionArn, Payload: JSON.stringify(event) }))
    const told = JSON.parse(answer.Payload?.transformToString() ?? 'null') as T | NoAnswer | FunctionFailure | null
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
