import { runPk } from './keys.ts'
import type { LedgerTable } from './table.ts'

/** What an operator asked a run to do. */
export type Command = 'run' | 'pause' | 'abort'

/**
 * Every slice reads this row at every checkpoint. `fence` is the number of the lease in force: work that began under an
 * older lease must stop.
 */
export interface Control {
  command: Command
  fence: number
  /**
   * Name of the current quiet period, in which no write of copy can land. No value while copy may write. Each period
   * has its own name: if copy has written in between, everything must be settled again.
   */
  quiet?: string
}

export async function readControl(ledger: LedgerTable, run: string): Promise<Control> {
  const row = await ledger.get(runPk(run), 'CONTROL')
  const control: Control = { command: (row?.command as Command) ?? 'run', fence: (row?.fence as number) ?? 0 }
  return typeof row?.quiet === 'string' ? { ...control, quiet: row.quiet } : control
}

/**
 * Compare and set. Returns `false` when the row is no longer as `expected`, so that of two people at once one learns of
 * it.
 */
export function writeControl(
  ledger: LedgerTable,
  run: string,
  expected: Control | undefined,
  next: Control,
): Promise<boolean> {
  const expect = expected && { command: expected.command, fence: expected.fence, quiet: expected.quiet }
  return ledger.commit([{ row: { pk: runPk(run), sk: 'CONTROL', ...next }, expect: expect ?? 'absent' }])
}
