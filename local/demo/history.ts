import {
  type HistoryEvent,
  paginateGetExecutionHistory,
  paginateListExecutions,
  paginateListMapRuns,
} from '@aws-sdk/client-sfn'
import type { RunRecord } from '../../shared/ledger/runs.ts'
import type { Stack } from './stack.ts'

/** The errors of Step Functions and Lambda for a slice that its time limit cut off. */
const TIMED_OUT = new Set(['States.Timeout', 'Sandbox.Timedout'])

/**
 * Slices that ran into their time limit, counted in the histories of the run's execution, of the children of its
 * Distributed Maps, and of the nested executions of its chunks, whose names begin with the run.
 */
export async function countTimedOutSlices(stack: Stack, run: RunRecord): Promise<number> {
  const client = stack.stepFunctions
  let count = 0
  for await (const executionArn of executionsOf(stack, run))
    for await (const { events = [] } of paginateGetExecutionHistory({ client, pageSize: 1000 }, { executionArn }))
      count += events.filter(isTimeout).length
  return count
}

async function* executionsOf({ stepFunctions: client, chunkMachine }: Stack, run: RunRecord): AsyncGenerator<string> {
  yield run.execution
  for await (const { mapRuns = [] } of paginateListMapRuns({ client }, { executionArn: run.execution }))
    for (const { mapRunArn } of mapRuns)
      for await (const { executions = [] } of paginateListExecutions({ client }, { mapRunArn }))
        for (const { executionArn } of executions) yield executionArn as string
  for await (const { executions = [] } of paginateListExecutions({ client }, { stateMachineArn: chunkMachine }))
    for (const { executionArn, name } of executions) if (name?.startsWith(run.id)) yield executionArn as string
}

function isTimeout(event: HistoryEvent): boolean {
  if (event.type === 'TaskTimedOut' || event.type === 'LambdaFunctionTimedOut') return true
  const error = event.taskFailedEventDetails?.error ?? event.lambdaFunctionFailedEventDetails?.error
  return error !== undefined && TIMED_OUT.has(error)
}
