import { runPk } from './keys.ts'
import type { LedgerTable } from './table.ts'

/** What an operator wants of a run. */
export type Command = 'run' | 'pause' | 'abort'

/**
 * The row every slice reads at every checkpoint. `fence` is the number of the lease in force: work begun under an older
 * one must stop.
 */
export interface Control {
  command: Command
  fence: number
  /**
   * Name of the quiet period in force: no write of copy can land any more. Absent while copy may write. Each period has
   * its own name, because what one settled has to be settled again once copy has been at work in between.
   */
  quiet?: string
}

export async function readControl(ledger: LedgerTable, run: string): Promise<Control> {
  const row = await ledger.get(runPk(run), 'CONTROL')
  const control: Control = { command: (row?.command as Command) ?? 'run', fence: (row?.fence as number) ?? 0 }
  return typeof row?.quiet === 'string' ? { ...control, quiet: row.quiet } : control
}

/** Compare and set: `false` when the row is no longer as `expected`, so that of two people at once one is told. */
export function writeControl(
  ledger: LedgerTable,
  run: string,
  expected: Control | undefined,
  next: Control,
): Promise<boolean> {
  const expect = expected && { command: expected.command, fence: expected.fence, quiet: expected.quiet }
  return ledger.commit([{ row: { pk: runPk(run), sk: 'CONTROL', ...next }, expect: expect ?? 'absent' }])
}
