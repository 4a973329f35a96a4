import type { Command } from 'commander'
import { abortRun, pauseRun, type Told } from '../../shared/operator/command.ts'
import type { OperatorEngine } from '../../shared/operator/engine.ts'
import { findLastRun } from '../../shared/operator/last-run.ts'
import { lastCommandReport, lastWords } from '../../shared/operator/people.ts'
import { resumeRun } from '../../shared/operator/start.ts'
import { type ConfirmFlags, confirm } from '../confirm.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { launch } from '../launch.ts'
import { placeText } from '../render/place.ts'
import type { Terminal } from '../terminal.ts'
import { actRecorded, type Cli } from './command.ts'
import { concurrencyOf, concurrencyOption } from './concurrency.ts'
import { giveUpOption } from './give-up.ts'
import { atOption, sayUntil, untilOf, untilOption, utc } from './until.ts'
import { overOption, reasonOption, type WishFlags, wishOf } from './wish.ts'

interface PauseFlags extends WishFlags {
  json: boolean
  at?: string
}

interface AbortFlags extends ConfirmFlags, WishFlags {
  dryRun: boolean
}

export function addPause(program: Command, cli: Cli): void {
  program
    .command('pause')
    .description('end the execution of the run at its checkpoints; live changes continue')
    .addOption(atOption())
    .addOption(reasonOption())
    .option('--json', 'one JSON object', false)
    .action(actRecorded<PauseFlags>(cli, (engine, flags) => pause(engine, cli.terminal, flags)))
}

async function pause(
  engine: OperatorEngine,
  terminal: Terminal,
  { json, at, ...flags }: PauseFlags,
): Promise<ExitCode> {
  const { flag } = engine.deployment
  const until = untilOf(at, engine)
  const told = await pauseRun(engine, wishOf(flags), until)
  return say(told, engine, terminal, json, ({ run, command, pauseAt }) => {
    if (command === 'abort') return [`Run ${run.id} is told to abort, which outranks a pause: nothing changes.`]
    return pauseAt !== undefined
      ? [
          ...(pauseAt === until ? [] : ['Somebody else gave an earlier time a moment ago, which stays.']),
          `Run ${run.id} pauses at ${utc(pauseAt)}. No write of it begins later than 10 seconds after that; its execution ends within a minute or two.`,
          `Live changes continue to be applied then. An execution that takes the lease meanwhile does not pause at that time.`,
        ]
      : [
          `Run ${run.id} is told to pause. No write of it begins later than 10 seconds from now; its execution ends within a minute or two (segue watch${flag}).`,
          `Live changes continue to be applied. Nothing is lost, however long the pause. Continue with: segue resume${flag}`,
        ]
  })
}

export function addResume(program: Command, cli: Cli): void {
  program
    .command('resume')
    .description('continue the last run from its checkpoints, in a new execution; the same as `segue run --resume`')
    .option('--wait', 'watch it to its end, and exit with the code of its result', false)
    .addOption(giveUpOption())
    .addOption(untilOption())
    .addOption(concurrencyOption())
    .addOption(reasonOption())
    .addOption(overOption())
    .option('--json', 'JSON objects instead of lines', false)
    .action(
      actRecorded<WishFlags & { wait: boolean; giveUp: number; json: boolean; until?: string; concurrency?: number }>(
        cli,
        async (engine, flags) => {
          const until = untilOf(flags.until, engine)
          const options = { ...(until !== undefined && { until }), ...concurrencyOf(flags.concurrency, engine) }
          const started = await resumeRun(engine, options, wishOf(flags))
          sayUntil(until, started, cli.terminal, flags.json)
          return launch(started, engine, cli.terminal, flags)
        },
      ),
    )
}

export function addAbort(program: Command, cli: Cli): void {
  program
    .command('abort')
    .description('stop the run and its live changes within seconds; the checkpoints stay')
    .option('--dry-run', 'show what it would do, and change nothing', false)
    .option('--yes', 'do not ask; for scripts', false)
    .addOption(reasonOption())
    .option('--json', 'one JSON object', false)
    .action(actRecorded<AbortFlags>(cli, (engine, flags) => abort(engine, cli.terminal, flags)))
}

async function abort(engine: OperatorEngine, terminal: Terminal, { dryRun, ...flags }: AbortFlags): Promise<ExitCode> {
  const { deployment, ledger } = engine
  const { sourceTable, destinationTable, flag } = deployment
  const run = await findLastRun(ledger, destinationTable)
  const lines = [
    `${dryRun ? 'Would abort' : 'Aborts'} run ${run?.id ?? '(none)'} from ${sourceTable} to ${destinationTable}, in ${placeText(deployment)}`,
    'Within 10 seconds nothing of it begins a write any more, live changes included. Its checkpoints stay.',
    `The stream keeps changes of ${sourceTable} for 24 hours: a resume within 23 hours loses nothing (segue resume${flag}).`,
  ]
  if (dryRun) {
    for (const line of lines) if (!flags.json) terminal.line(line)
    if (flags.json) terminal.line(JSON.stringify({ run: run?.id ?? null, command: null }))
    return exitCode('ok')
  }
  await confirm('abort', lines, terminal, flags)
  return say(await abortRun(engine, wishOf(flags)), engine, terminal, flags.json, ({ run: aborted }) => [
    aborted.state === 'aborted'
      ? `Run ${aborted.id} is aborted: nothing of it is under way, and its live changes are off.`
      : `Run ${aborted.id} is told to abort. It is aborted once nothing of it can be under way any more: in about nine minutes, or seventeen if it was settling or repairing (segue watch${flag}).`,
  ])
}

function say(
  told: Told,
  { runtime }: OperatorEngine,
  terminal: Terminal,
  json: boolean,
  lines: (told: Extract<Told, { kind: 'told' }>) => string[],
): ExitCode {
  if (told.kind === 'refused') {
    if (json) terminal.line(JSON.stringify({ refused: told.cause }))
    else terminal.error(told.cause)
    return exitCode('refused')
  }
  const { run, command, last, pauseAt } = told
  if (json)
    terminal.line(
      JSON.stringify({
        run: run.id,
        command,
        pauseAt: pauseAt === undefined ? null : new Date(pauseAt).toISOString(),
        lastCommand: lastCommandReport(last),
      }),
    )
  else {
    for (const line of lines(told)) terminal.line(line)
    if (last) terminal.line(`Last command: ${lastWords(last, runtime.clock())}`)
  }
  return exitCode('ok')
}
