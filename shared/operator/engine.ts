import type { Table } from '../dynamodb/ports.ts'
import type { TableDescription } from '../dynamodb/sdk/describe.ts'
import type { LedgerTable } from '../ledger/table.ts'
import type { Mapping } from '../live/ports.ts'
import type { Runtime } from '../runtime/ports.ts'
import type { NoAnswer, PlanAnswer, PlanQuestion } from './plan/pending.ts'
import type { ExecutionView } from './status/verdict.ts'

/** One deployment, as far as operators speak of it. */
export interface Deployed {
  /** What people call it: `stack Night`. */
  name: string
  /** Names the same deployment on a command line: ` --stack Night`, or nothing. */
  flag: string
  /** Where it is: what a person should see before anything is changed there. */
  account: string
  region: string
  sourceTable: string
  destinationTable: string
  /** ARN of the source's stream that the deployment reads; absent where it captures no live changes. */
  sourceStream?: string
  /** The deployed options as JSON; absent where the stack does not put them out. */
  options?: unknown
}

/** Whether an execution is at work, or may be. `unknown`: Step Functions does not say. */
export type UnderWay = { kind: 'no' } | { kind: 'yes'; execution: string } | { kind: 'unknown'; execution?: string }

/** The run machine's executions, as operators ask for them. */
export interface RunExecutions {
  /** An execution by its ARN. Never throws for a service that does not answer: then its status is `unknown`. */
  describe(arn: string): Promise<ExecutionView>
  /** Starts an execution with this input; returns its ARN. */
  start(input: object): Promise<string>
  /** The newest execution that is under way, if any is. Never throws for a service that does not answer. */
  running(): Promise<UnderWay>
}

/** What every use case of an operator works with: the CLI gives the SDK, tests and the simulator memory. */
export interface OperatorEngine {
  deployment: Deployed
  ledger: LedgerTable
  executions: RunExecutions
  describeTable(name: string): Promise<TableDescription>
  openTable(description: TableDescription): Table
  /** What turns live changes on and off, where the deployment names it. */
  mapping: Mapping | undefined
  /** Asks the deployed code about its migrations, where the deployment names the function that answers. */
  askPlan?(question: PlanQuestion): Promise<PlanAnswer | NoAnswer>
  runtime: Runtime
}
