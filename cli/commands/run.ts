import { type Command, Option } from 'commander'
import { parseRequest } from '../../shared/config/options.ts'
import type { ExitCode } from '../exit-codes.ts'
import { launch } from '../launch.ts'
import type { Terminal } from '../terminal.ts'
import type { World } from '../world.ts'
import { act, type Cli } from './command.ts'
import { showPlan } from './plan.ts'

interface RunFlags {
  wait: boolean
  resume: boolean
  json: boolean
  split: boolean
  offline: boolean
  dryRun: boolean
  segments?: number
}

const phasesHelp = `
What a run does, phase by phase:
  Capture   turns on live changes: from before the copy begins, what the application writes to the source is applied
            to the destination from the source's stream, which must carry new and old images
  Copy      migrates every item of the source; it never overwrites what a live change wrote
  Drain     waits until every live change up to the end of the copy has been applied
  Settle    reconciles deleted and contested items with the source
  Verify    compares each item of the source with the destination; Orphans looks for items that nothing makes
Capture continues after the run, so that the destination stays up to date, until it is turned off with: segue capture off
With --offline there is no Capture, Drain or Settle: whatever changes the source while such a run copies is lost to
the destination.`

export function addRun(program: Command, cli: Cli): void {
  program
    .command('run')
    .description('start a run of the pending migrations, as an execution with the input {} does from the console')
    .option('--wait', 'watch it to its end and exit with the code of how it ended', false)
    .option('--resume', 'resume the last run from its checkpoints', false)
    .option('--dry-run', 'say what it would do, as `segue plan` does, and start nothing', false)
    .option('--json', 'JSON objects instead of lines', false)
    .addOption(new Option('--segments <n>', "scan segments of this run (default: the deployment's)").argParser(Number))
    .option('--no-split', 'never split a hot key; it is resumed instead, however long it takes')
    .option('--offline', 'nothing changes the source meanwhile: capture no live changes', false)
    .addHelpText('after', phasesHelp)
    .action(act<RunFlags>(cli, (world, flags) => startRun(world, cli.terminal, flags)))
}

/** The input of the execution: only what differs from the defaults, so that a plain run is `{}`. */
function runInput({ resume, split, offline, segments }: Pick<RunFlags, 'resume' | 'split' | 'offline' | 'segments'>) {
  const input = {
    ...(resume && { resume }),
    ...(!split && { split }),
    ...(offline && { offline }),
    ...(segments !== undefined && { segments }),
  }
  parseRequest(input)
  return input
}

async function startRun(world: World, terminal: Terminal, flags: RunFlags): Promise<ExitCode> {
  const input = runInput(flags)
  if (flags.dryRun) return showPlan(world, terminal, parseRequest(input), { json: flags.json, keys: false })
  return launch(world, terminal, input, flags)
}
