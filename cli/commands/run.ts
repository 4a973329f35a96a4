import { type Command, Option } from 'commander'
import { OptionsError } from '../../shared/config/errors.ts'
import { parseRequest } from '../../shared/config/options.ts'
import { type PhaseEntry, phases } from '../../shared/ledger/passes.ts'
import type { OperatorEngine } from '../../shared/operator/engine.ts'
import { runOnce } from '../../shared/operator/keyed-run.ts'
import { resumeRun, startRun } from '../../shared/operator/start.ts'
import type { ExitCode } from '../exit-codes.ts'
import { launch } from '../launch.ts'
import type { Terminal } from '../terminal.ts'
import { actRecorded, type Cli } from './command.ts'
import { concurrencyOf, concurrencyOption } from './concurrency.ts'
import { giveUpOption } from './give-up.ts'
import { showPlan } from './plan.ts'
import { sayUntil, untilOf, untilOption } from './until.ts'
import { overOption, reasonOption, type WishFlags, wishOf } from './wish.ts'

interface RunFlags extends WishFlags {
  wait: boolean
  giveUp: number
  resume: boolean
  json: boolean
  split: boolean
  offline: boolean
  ticked: boolean
  dryRun: boolean
  segments?: number
  concurrency?: number
  key?: string
  until?: string
}

const steps = Object.entries<PhaseEntry>(phases).flatMap(([name, { does, ends }]) =>
  ends ? [] : [`  ${name.padEnd(9)} ${does}`],
)

const phasesHelp = `
What a run does, phase by phase:
${steps.join('\n')}
Capture reads the source's stream, which must carry new and old images. It continues after the run, so that the
destination stays up to date, until you turn it off with: segue capture off
With --offline there is no Capture, Drain or Settle: changes of the source during such a run do not reach the
destination.`

export function addRun(program: Command, cli: Cli): void {
  program
    .command('run')
    .description('start a run of the pending migrations; the same as an execution with the input {} in the console')
    .option('--wait', 'watch it to its end, and exit with the code of its result', false)
    .addOption(giveUpOption())
    .option('--resume', 'resume the last run from its checkpoints', false)
    .option(
      '--key <key>',
      'for pipelines: one run for each key. It begins the run, attaches to it, resumes it, or shows how it has ended',
    )
    .addOption(untilOption())
    .addOption(reasonOption())
    .addOption(overOption())
    .option('--dry-run', 'show what it would do, as `segue plan` does, and start nothing', false)
    .option('--json', 'JSON objects instead of lines', false)
    .addOption(new Option('--segments <n>', "scan segments of this run (default: the deployment's)").argParser(Number))
    .addOption(concurrencyOption())
    .option('--no-split', 'never split a hot key; it is resumed instead, however long it takes')
    .option('--offline', 'capture no live changes: only if nothing writes to the source during the run', false)
    .option('--ticked', 'the checklist that the options name is done', false)
    .addHelpText('after', phasesHelp)
    .action(actRecorded<RunFlags>(cli, (engine, flags) => run(engine, cli.terminal, flags)))
}

async function run(engine: OperatorEngine, terminal: Terminal, flags: RunFlags): Promise<ExitCode> {
  const { resume, split, offline, ticked, segments, dryRun, json, key } = flags
  const until = untilOf(flags.until, engine)
  // Only what differs from the defaults.
  const options = {
    ...(!split && { split }),
    ...(offline && { offline }),
    ...(ticked && { ticked }),
    ...(segments !== undefined && { segments }),
    ...concurrencyOf(flags.concurrency, engine),
    ...(until !== undefined && { until }),
  }
  if (flags.over !== undefined && !resume && key === undefined)
    throw new OptionsError(['`--over` is about a command to the last run: add `--resume`, or leave it out'], 'flags')
  if (resume && key !== undefined)
    throw new OptionsError(['`--key` resumes by itself where there is a run to resume: leave `--resume` out'], 'flags')
  if (dryRun) return showPlan(engine, terminal, parseRequest({ resume, ...options }), { json, keys: false })
  const wish = wishOf(flags)
  const started = await (key !== undefined
    ? runOnce(engine, key, options, wish)
    : resume
      ? resumeRun(engine, options, wish)
      : startRun(engine, options, wish))
  sayUntil(until, started, terminal, json)
  return launch(started, engine, terminal, flags)
}
