import { type Command, InvalidArgumentError, Option } from 'commander'
import { readAudit } from '../../shared/operator/audit.ts'
import { exitCode } from '../exit-codes.ts'
import { auditJson, auditLines } from '../render/audit.ts'
import { act, type Cli } from './command.ts'

/** Rows that are shown unless more are asked for. */
const shown = 50

export function addAudit(program: Command, cli: Cli): void {
  program
    .command('audit')
    .description('who did what: every command with what became of it, every phase, and starts and stops in the console')
    .addOption(new Option('--most <n>', 'show so many of the newest rows').default(shown).argParser(parseMost))
    .option('--json', 'one JSON object', false)
    .action(
      act<{ most: number; json: boolean }>(cli, async (engine, { most, json }) => {
        const audit = await readAudit(engine, most)
        if (json) cli.terminal.line(JSON.stringify(auditJson(audit)))
        else for (const line of auditLines(audit)) cli.terminal.line(line)
        return exitCode('ok')
      }),
    )
}

function parseMost(text: string): number {
  const most = Number(text)
  if (!Number.isInteger(most) || most < 1 || most > 1_000) throw new InvalidArgumentError('Expected 1 to 1000.')
  return most
}
