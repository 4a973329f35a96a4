import type { Table } from '../dynamodb/ports.ts'
import type { TableDescription } from '../dynamodb/sdk/describe.ts'
import type { AuditLog } from '../ledger/audit.ts'
import type { LedgerTable } from '../ledger/table.ts'
import type { Mapping } from '../live/ports.ts'
import type { Runtime } from '../runtime/ports.ts'
import type { CallsAnswer, FindingsAnswer, FindingsQuestion } from './findings.ts'
import type { NoAnswer, PlanAnswer, PlanQuestion } from './plan/pending.ts'
import type { ExecutionView } from './status/verdict.ts'

/** One deployment, as operators know it. */
export interface Deployed {
  /** What people call it: `stack Night`. */
  name: string
  /** Names the same deployment on a command line: ` --stack Night`, or nothing. */
  flag: string
  /** Where it is; shown before anything is changed there. */
  account: string
  region: string
  sourceTable: string
  destinationTable: string
  /** ARN of the source's stream that the deployment reads; absent where it captures no live changes. */
  sourceStream?: string
  /** Version of Segue that deployed it; absent where the stack does not put it out. */
  version?: string
  /** The deployed options as JSON; absent where the stack does not put them out. */
  options?: unknown
}

/** Whether an execution is at work. `unknown`: Step Functions does not respond. */
export type UnderWay = { kind: 'no' } | { kind: 'yes'; execution: string } | { kind: 'unknown'; execution?: string }

/** The executions of the run machine. */
export interface RunExecutions {
  /** An execution by its ARN. Its status is `unknown` while the service does not respond; this is not an error. */
  describe(arn: string): Promise<ExecutionView>
  /**
   * Starts an execution with this input. With a name that an execution has already, and with another input or after its end,
   * starts none: `isNew` is `false`, and the ARN is that of the other one.
   * @param name letters, digits, `_`, `-` and `.`, 80 at most. @default a name of its own
   */
  start(input: object, name?: string): Promise<{ execution: string; isNew: boolean }>
  /** Stops an execution; nothing if it has ended. @param cause stays in its history. */
  stop(arn: string, cause: string): Promise<void>
  /** The newest execution under way, if any; `unknown` while the service does not respond. */
  running(): Promise<UnderWay>
}

/** The ports of every use case: over the SDK in the CLI, in memory in tests and the simulator. */
export interface OperatorEngine {
  deployment: Deployed
  ledger: LedgerTable
  /** The table of the switch, where the deployment names it. */
  switches?: LedgerTable
  executions: RunExecutions
  describeTable(name: string): Promise<TableDescription>
  openTable(description: TableDescription): Table
  /** The event source mapping of live changes, where the deployment names it. */
  mapping: Mapping | undefined
  /** The one that feeds the indices, likewise. */
  indexMapping?: Mapping
  /** ARN of whoever uses this, with the session name; `undefined` where it cannot be found out. */
  identity(): Promise<string | undefined>
  /** Invokes the deployed code for its part of a plan, where the deployment names the function. */
  askPlan?(question: PlanQuestion): Promise<PlanAnswer | NoAnswer>
  /** The same for what stands in the way of a run. */
  askFindings?(question: FindingsQuestion): Promise<FindingsAnswer | NoAnswer>
  /** The same for the starts and stops of executions that CloudTrail knows. */
  askCalls?(): Promise<CallsAnswer | NoAnswer>
  /** Who did what; absent where the deployment names no such table. */
  audit?: AuditLog
  runtime: Runtime
}
