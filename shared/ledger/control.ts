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
}

export async function readControl(ledger: LedgerTable, run: string): Promise<Control> {
  const row = await ledger.get(runPk(run), 'CONTROL')
  return { command: (row?.command as Command) ?? 'run', fence: (row?.fence as number) ?? 0 }
}

/** Compare and set: `false` when the row is no longer as `expected`, so that of two people at once one is told. */
export function writeControl(
  ledger: LedgerTable,
  run: string,
  expected: Control | undefined,
  next: Control,
): Promise<boolean> {
  return ledger.commit([
    {
      row: { pk: runPk(run), sk: 'CONTROL', ...next },
      expect: expected ? { command: expected.command, fence: expected.fence } : 'absent',
    },
  ])
}
