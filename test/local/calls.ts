import { readFile } from 'node:fs/promises'
import type { Emulator } from '../../local/index.ts'

/** One call to a table with a maximum of units, as the emulator saw it. */
export interface Call {
  /** When it arrived, ms since the epoch. */
  at: number
  table: string
  action: string
  kind: 'read' | 'write'
  units: number
  /** Items or statements of it that were refused. */
  throttled: number
}

/** The calls to a table since it had a maximum, oldest first. */
export async function readCalls({ callsFile }: Pick<Emulator, 'callsFile'>, table: string): Promise<Call[]> {
  const lines = (await readFile(callsFile, 'utf8')).split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as Call).filter((call) => call.table === table)
}
