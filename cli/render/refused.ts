import { sentence } from '../../shared/runtime/text.ts'
import type { Terminal } from '../terminal.ts'

/** Says why a run was refused; with `dryRun`, why it would be. Without `execution` none was started. */
export function sayRefused(
  { execution, error, cause }: { execution?: string; error: string; cause: string },
  terminal: Terminal,
  json: boolean,
  dryRun = false,
): void {
  const arn = execution === undefined ? null : { arn: execution }
  if (json) terminal.line(JSON.stringify({ verdict: 'refused', execution: arn, error, cause }))
  else terminal.error(`${dryRun ? 'Would be' : 'The run was'} refused (${sentence(error)}): ${sentence(cause)}`)
}
