import type { Command } from 'commander'
import type { OperatorEngine } from '../../shared/operator/engine.ts'
import { planRepair, type RepairPlan } from '../../shared/operator/repair.ts'
import { repairRun } from '../../shared/operator/start.ts'
import { type ConfirmFlags, confirm } from '../confirm.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { launch } from '../launch.ts'
import { sayRefused } from '../render/refused.ts'
import { repairLines } from '../render/repair.ts'
import type { Terminal } from '../terminal.ts'
import { actRecorded, type Cli } from './command.ts'
import { giveUpOption } from './give-up.ts'
import { overOption, reasonOption, type WishFlags, wishOf } from './wish.ts'

interface Flags extends ConfirmFlags, WishFlags {
  wait: boolean
  giveUp: number
  dryRun: boolean
}

export function addRepair(program: Command, cli: Cli): void {
  program
    .command('repair')
    .description(
      'rebuild from the source each key that the last verification flagged, delete the orphans that no source item makes, and verify again',
    )
    .option('--wait', 'watch it to its end, and exit with the code of the new verification', false)
    .addOption(giveUpOption())
    .addOption(reasonOption())
    .addOption(overOption())
    .option('--dry-run', 'show what it would rebuild and delete, and start nothing', false)
    .option('--yes', 'do not ask; for scripts', false)
    .option('--json', 'JSON objects instead of lines', false)
    .action(actRecorded<Flags>(cli, (engine, flags) => repair(engine, cli.terminal, flags)))
}

async function repair(engine: OperatorEngine, terminal: Terminal, flags: Flags): Promise<ExitCode> {
  const plan = await planRepair(engine)
  if (plan.kind === 'refused') {
    sayRefused(plan, terminal, flags.json, flags.dryRun)
    return exitCode('refused')
  }
  const lines = repairLines(plan, engine.deployment, flags.dryRun)
  if (flags.dryRun) return show(plan, lines, terminal, flags.json)
  await confirm('repair', lines, terminal, flags)
  return launch(await repairRun(engine, wishOf(flags)), engine, terminal, flags)
}

function show({ kind: _, ...plan }: RepairPlan, lines: string[], terminal: Terminal, json: boolean): ExitCode {
  for (const line of json ? [JSON.stringify(plan)] : lines) terminal.line(line)
  return exitCode('ok')
}
