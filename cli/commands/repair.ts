import type { Command } from 'commander'
import { isRepairable } from '../../shared/facts/finished.ts'
import { keysIn } from '../../shared/operator/status/differences.ts'
import { counted } from '../../shared/operator/status/format.ts'
import { CliError } from '../errors.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { launch } from '../launch.ts'
import { groupLines } from '../render/diff.ts'
import type { Terminal } from '../terminal.ts'
import { lastVerification } from '../verification.ts'
import type { World } from '../world.ts'
import { act, type Cli } from './command.ts'

export function addRepair(program: Command, cli: Cli): void {
  program
    .command('repair')
    .description(
      'rebuild each key that the last verification flagged from the source, delete orphans that nothing in the source makes by then, and verify',
    )
    .option('--wait', 'watch it to its end and exit with the code of what the verification then finds', false)
    .option('--dry-run', 'say what it would rebuild and delete, and start nothing', false)
    .option('--json', 'JSON objects instead of lines', false)
    .action(
      act<{ wait: boolean; dryRun: boolean; json: boolean }>(cli, (world, { dryRun, ...flags }) =>
        dryRun ? showRepair(world, cli.terminal, flags) : launch(world, cli.terminal, { only: 'repair' }, flags),
      ),
    )
}

async function showRepair(world: World, terminal: Terminal, { json }: { json: boolean }): Promise<ExitCode> {
  const { run, groups } = await lastVerification(world, { keys: false })
  if (!isRepairable(run))
    throw new CliError(
      'not-finished',
      `Would be refused: run ${run.id} is ${run.state}, and only a finished run that was verified to the end is repaired. See: segue status${world.deployment.flag}`,
    )
  const keys = keysIn(groups)
  if (json) terminal.line(JSON.stringify({ run: run.id, keys, groups }))
  else {
    terminal.line(`Would derive ${counted(keys, 'destination key')} again from their source items`)
    for (const line of groupLines(groups)) terminal.line(line)
    const orphans = keysIn(groups.filter(({ kind }) => kind === 'orphan'))
    if (orphans > 0)
      terminal.line(`${counted(orphans, 'orphan')} would be deleted, unless a source item makes them by then`)
  }
  return exitCode('ok')
}
