import { CliError } from './errors.ts'
import type { Terminal } from './terminal.ts'

/** Flags of a command that asks before it begins. `--yes` is for scripts. */
export interface ConfirmFlags {
  yes: boolean
  json: boolean
}

/**
 * Shows what a command is about to do, and asks for a yes.
 * @param lines what it will do, and where. With `json` they go to standard error, since standard output is for objects.
 * @throws CliError `not-confirmed` after a no, or without a terminal to ask on.
 */
export async function confirm(
  command: string,
  lines: readonly string[],
  terminal: Terminal,
  { yes, json }: ConfirmFlags,
): Promise<void> {
  if (!yes && !terminal.ask)
    throw new CliError(
      'not-confirmed',
      `\`segue ${command}\` asks before it begins, and there is no terminal to ask on. Nothing was started. See what it would do with --dry-run, then repeat it with --yes.`,
    )
  if (!json) for (const line of lines) terminal.line(line)
  if (yes || !terminal.ask) return
  if (json) for (const line of lines) terminal.error(line)
  const answer = await terminal.ask('Go ahead? Type yes: ')
  if (!/^y(es)?$/i.test(answer.trim())) throw new CliError('not-confirmed', 'Nothing was started.')
}
