import type { Command } from 'commander'
import type { OperatorEngine } from '../../shared/operator/engine.ts'
import { planRepair } from '../../shared/operator/repair.ts'
import { repairRun } from '../../shared/operator/start.ts'
import { counted } from '../../shared/operator/status/format.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { launch } from '../launch.ts'
import { groupLines } from '../render/diff.ts'
import type { Terminal } from '../terminal.ts'
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
      act<{ wait: boolean; dryRun: boolean; json: boolean }>(cli, async (engine, { dryRun, ...flags }) =>
        dryRun
          ? showPlan(engine, cli.terminal, flags.json)
          : launch(await repairRun(engine), engine, cli.terminal, flags),
      ),
    )
}

async function showPlan(engine: OperatorEngine, terminal: Terminal, json: boolean): Promise<ExitCode> {
  const { orphans, ...plan } = await planRepair(engine)
  if (json) terminal.line(JSON.stringify(plan))
  else {
    terminal.line(`Would derive ${counted(plan.keys, 'destination key')} again from their source items`)
    for (const line of groupLines(plan.groups)) terminal.line(line)
    if (orphans > 0)
      terminal.line(`${counted(orphans, 'orphan')} would be deleted, unless a source item makes them by then`)
  }
  return exitCode('ok')
}
