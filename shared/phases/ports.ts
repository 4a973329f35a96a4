/** Whether an execution still does something; `unknown` when the service could not say. */
export type ExecutionStatus = 'running' | 'ended' | 'unknown'

/** Step Functions as the engine asks it. */
export interface Executions {
  status(executionArn: string): Promise<ExecutionStatus>
}

/** Where a Map reads its items from. */
export interface ManifestStore {
  /** Stores JSON lines of a manifest as one array; answers where a state machine finds it. */
  write(key: string, items: readonly object[]): Promise<{ bucket: string; key: string }>
}
