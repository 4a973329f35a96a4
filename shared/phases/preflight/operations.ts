/** What somebody else does to a table, or what else concerns it, as the services say it. Times are ms since the epoch. */

/** A question that has no answer. */
export interface Unanswered {
  /** Why, for people: `denied`, or the name of the error. */
  unanswered: string
  /** The IAM action that the question needs. */
  action: string
}

export type Answer<T> = T | Unanswered

export function isUnanswered<T>(answer: Answer<T>): answer is Unanswered {
  return typeof answer === 'object' && answer !== null && 'unanswered' in answer
}

/** Why there is no answer, for people. */
export function reasonOf({ unanswered, action }: Unanswered): string {
  return unanswered === 'denied' ? `no permission ${action}` : `${action} failed: ${unanswered}`
}

/** An import into a new table that is under way. */
export interface Import {
  arn: string
  /** `s3://bucket/prefix`. */
  from: string
  since?: number
}

/** A backup of DynamoDB that is being made. */
export interface Backup {
  name: string
  since?: number
}

/** A job of AWS Backup that has not ended. */
export interface BackupJob {
  id: string
  state: string
  /** ARN of the plan or role that made it. */
  by?: string
  since?: number
}

/** An enabled event source mapping of a stream. */
export interface StreamReader {
  /** Id of the mapping. */
  mapping: string
  functionArn: string
}

/** Whether a table expires items, and by which attribute. */
export interface TimeToLive {
  on: boolean
  /** It is being turned off, which may take an hour, and items may still be deleted until then. */
  ending?: true
  attribute?: string
}

/** What auto scaling may make of one dimension of a table. */
export interface ScalingRange {
  dimension: 'read' | 'write'
  least: number
  most: number
}

/** One management event of CloudTrail. */
export interface TrailEvent {
  /** ARN or name of whoever called. */
  by: string
  at: number
  /** Tables that the request names, by name or ARN. */
  tables: string[]
  /** ARN of the execution that it started or stopped. */
  execution?: string
}

/**
 * What preflight asks of services beside the tables themselves. Never throws: what may not be asked, or what the service does not
 * say, is a value.
 */
export interface Operations {
  /** Under way into this table. */
  imports(tableArn: string): Promise<Answer<Import[]>>
  /** ARNs of the exports of this table that are under way. */
  exports(tableArn: string): Promise<Answer<string[]>>
  /** Being made of this table. */
  backups(table: string): Promise<Answer<Backup[]>>
  /** Of this table, that have not ended. */
  backupJobs(tableArn: string): Promise<Answer<BackupJob[]>>
  /** The enabled mappings of a stream, that of Segue among them. */
  streamReaders(streamArn: string): Promise<Answer<StreamReader[]>>
  timeToLive(table: string): Promise<Answer<TimeToLive>>
  /** What auto scaling may change of a table. */
  scaling(table: string): Promise<Answer<ScalingRange[]>>
  /** The newest calls of this API action, newest first; 50 at most. Two look-ups a second are allowed in a region. */
  calls(eventName: string): Promise<Answer<TrailEvent[]>>
}

/** For those who ask the tables and the ledger alone, as a plan does: nothing else is known to be there. */
export const nothingBeside: Operations = {
  imports: async () => [],
  exports: async () => [],
  backups: async () => [],
  backupJobs: async () => [],
  streamReaders: async () => [],
  timeToLive: async () => ({ on: false }),
  scaling: async () => [],
  calls: async () => [],
}
