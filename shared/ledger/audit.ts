/**
 * Who did what to the runs into a destination: a table of its own, to which roles may only add and in which they may only read.
 */

/** What became of a command: it was given; it was done, refused, or failed; or a run entered a phase. */
export type AuditEvent = 'asked' | 'done' | 'refused' | 'failed' | 'entered'

/** One row. It is never changed. Times are ms since the epoch. */
export interface AuditEntry {
  /** By the clock of whoever wrote it. */
  at: number
  /** Names the row, with its time; the rows of one command have one id. */
  id: string
  event: AuditEvent
  /** The command with its flags, or the phase. Never a key, or what an item holds. */
  what: string
  run?: string
  /** ARN of whoever gave the command, as STS told them: **claimed**, since whoever may add a row may write any name. */
  by?: string
  /** Why, in the words of whoever gave the command, or of the run that stopped. */
  why?: string
  /** ARN of the execution that drives the run. */
  execution?: string
}

export interface AuditLog {
  /** Adds a row; one that is there already stays as it is. */
  add(destination: string, entry: AuditEntry): Promise<void>
  /** The newest rows about a destination, oldest first. */
  newest(destination: string, most: number): Promise<AuditEntry[]>
}

export const auditPk = (destination: string) => `AUDIT#${destination}`

/** In the order of time. The event is part of it: a command has a row before and one after. */
export const auditSk = ({ at, id, event }: AuditEntry) => `${new Date(at).toISOString()}#${id}#${event}`
