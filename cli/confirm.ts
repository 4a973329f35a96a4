import { CliError } from './errors.ts'
import type { Terminal } from './terminal.ts'

/** Of a command that changes what others may rely on: `--yes` is for scripts. */
export interface ConfirmFlags {
  yes: boolean
  json: boolean
}

/**
 * Shows what a command is about to do, and asks whether it may.
 * @param lines what it would do, and where; to standard error where `json` keeps standard output for objects.
 * @throws CliError `not-confirmed` where the answer is no, or nobody is there to give one.
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
      `\`segue ${command}\` asks before it begins, and there is no terminal to ask on. Nothing was begun. See what it would do with --dry-run, and repeat it with --yes.`,
    )
  if (!json) for (const line of lines) terminal.line(line)
  if (yes || !terminal.ask) return
  if (json) for (const line of lines) terminal.error(line)
  const answer = await terminal.ask('Go ahead? Type yes: ')
  if (!/^y(es)?$/i.test(answer.trim())) throw new CliError('not-confirmed', 'Nothing was begun.')
}
