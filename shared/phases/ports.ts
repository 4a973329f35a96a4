/** Whether an execution is still running; `unknown` when the service could not say. */
export type ExecutionStatus = 'running' | 'ended' | 'unknown'

/** Step Functions as the engine uses it. */
export interface Executions {
  /** `absent`: the service knows no such execution. It has just begun, ended 90 days ago, or is gone with its machine. */
  status(executionArn: string): Promise<ExecutionStatus | 'absent'>
}

/** What a stack uses for its ledger; `gone`: it is destroyed; `unknown` when the service could not say. */
export type LedgerUse = 'this ledger' | 'another ledger' | 'gone' | 'unknown'

/** CloudFormation as the engine uses it. */
export interface Stacks {
  /** @param stack a StackId. */
  use(stack: string): Promise<LedgerUse>
}

/** Which ledger the tables of a run name as the one that knows them. */
export interface TableMarks {
  /** Name of this ledger's table. */
  ledgerName: string
  /** The ledger that the source names, if any. */
  ledgerOfSource(): Promise<string | undefined>
  /** Makes the destination name this ledger. */
  markDestination(): Promise<void>
}

/** The store from which a Map reads its items. */
export interface ManifestStore {
  /** Stores a manifest as one JSON array; returns its place for the state machine. */
  write(key: string, items: readonly object[]): Promise<{ bucket: string; key: string }>
}
