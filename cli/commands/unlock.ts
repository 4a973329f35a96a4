import type { Command } from 'commander'
import type { OperatorEngine } from '../../shared/operator/engine.ts'
import { OperatorError } from '../../shared/operator/errors.ts'
import { ownerWords, planUnlock, type UnlockPlan, unlock } from '../../shared/operator/unlock.ts'
import { type ConfirmFlags, confirm } from '../confirm.ts'
import { type ExitCode, exitCode, exitCodeOfRefusal } from '../exit-codes.ts'
import { placeText } from '../render/place.ts'
import type { Terminal } from '../terminal.ts'
import { actRecorded, type Cli } from './command.ts'
import { overOption, reasonOption, type WishFlags, wishOf } from './wish.ts'

interface Flags extends ConfirmFlags, WishFlags {
  stopOwner: boolean
  dryRun: boolean
}

export function addUnlock(program: Command, cli: Cli): void {
  program
    .command('unlock')
    .description('free the destination of an execution that has ended without saying so; refused while its owner runs')
    .option('--stop-owner', 'stop the execution that owns it first; its checkpoints stay', false)
    .option('--dry-run', 'show what it would do, and change nothing', false)
    .option('--yes', 'do not ask before an execution is stopped; for scripts', false)
    .addOption(reasonOption())
    .addOption(overOption())
    .option('--json', 'one JSON object', false)
    .action(actRecorded<Flags>(cli, (engine, flags) => run(engine, cli.terminal, flags)))
}

async function run(engine: OperatorEngine, terminal: Terminal, flags: Flags): Promise<ExitCode> {
  try {
    return await free(engine, terminal, flags)
  } catch (error) {
    if (!flags.json || !OperatorError.is(error)) throw error
    terminal.line(JSON.stringify({ refused: error.message }))
    return exitCodeOfRefusal({ error: error.code })
  }
}

async function free(engine: OperatorEngine, terminal: Terminal, { dryRun, ...flags }: Flags): Promise<ExitCode> {
  const { flag } = engine.deployment
  const plan = await planUnlock(engine, flags)
  const say = (done: UnlockPlan, lines: string[], freed: boolean) => {
    const { run = null, execution = null } = done.does === 'nothing' ? {} : done.lease
    if (flags.json) terminal.line(JSON.stringify({ run, execution, does: done.does, freed }))
    else for (const line of lines) terminal.line(line)
    return exitCode('ok')
  }
  const lines = planned(plan, engine, dryRun)
  if (dryRun) return say(plan, lines, false)
  if (plan.does === 'stop') await confirm('unlock', lines, terminal, flags)
  const { freed } = await unlock(engine, plan, wishOf(flags))
  if (!freed) return say(nothing, planned(nothing, engine, dryRun), false)
  return say(
    plan,
    [
      `The lock on ${freed.table} is free. Nothing that its owner left behind begins a write later than 10 seconds from now; live changes are as before.`,
      `Continue run ${freed.run} from its checkpoints with: segue resume${flag}`,
    ],
    true,
  )
}

const nothing: UnlockPlan = { does: 'nothing' }

function planned(plan: UnlockPlan, { deployment }: OperatorEngine, dryRun: boolean): string[] {
  switch (plan.does) {
    case 'nothing':
      return [`Nobody holds ${deployment.destinationTable}: its lock is free.`]
    case 'free':
      return [`${ownerWords(plan.lease)}, which has ended. ${dryRun ? 'Would free' : 'Frees'} its lock.`]
    case 'stop':
      return [
        `${ownerWords(plan.lease)}, in ${placeText(deployment)}`,
        `${dryRun ? 'Would stop' : 'Stops'} that execution, and then ${dryRun ? 'free' : 'frees'} the lock. Checkpoints stay: the work of some seconds is done again.`,
      ]
  }
}
