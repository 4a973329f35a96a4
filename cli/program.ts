import { createRequire } from 'node:module'
import { Command, CommanderError } from 'commander'
import { LostSight } from '../shared/operator/errors.ts'
import { SegueError } from '../shared/runtime/error.ts'
import { addAudit } from './commands/audit.ts'
import { addCapture } from './commands/capture.ts'
import { addAbort, addPause, addResume } from './commands/control.ts'
import { addDiff } from './commands/diff.ts'
import { addInit } from './commands/init.ts'
import { addPlan } from './commands/plan.ts'
import { addPreflight } from './commands/preflight.ts'
import { addQuarantine } from './commands/quarantine.ts'
import { addRepair } from './commands/repair.ts'
import { addReport } from './commands/report.ts'
import { addRun } from './commands/run.ts'
import { addStatus } from './commands/status.ts'
import { addSwitch } from './commands/switch.ts'
import { addTasks } from './commands/tasks.ts'
import { addThrottle } from './commands/throttle.ts'
import { addUnlock } from './commands/unlock.ts'
import { addWatch } from './commands/watch.ts'
import { explain } from './errors.ts'
import { type ExitCode, exitCode, exitCodeHelp } from './exit-codes.ts'
import type { Open } from './open.ts'
import type { Terminal } from './terminal.ts'

/** From package.json; its relative path differs between the sources and the built package. */
const { version } = createRequire(import.meta.url)('#package') as { version: string }

/** In the order of the help. */
const commands = [
  addInit,
  addPreflight,
  addPlan,
  addRun,
  addStatus,
  addWatch,
  addPause,
  addResume,
  addAbort,
  addThrottle,
  addUnlock,
  addTasks,
  addDiff,
  addRepair,
  addReport,
  addAudit,
  addQuarantine,
  addCapture,
  addSwitch,
]

/**
 * Runs one command line to its end. Never throws: errors become one sentence, and a stack trace only with `--verbose`.
 * @param args without the program's own name.
 */
export async function runCli(
  args: readonly string[],
  { open, terminal, verbose = false }: { open: Open; terminal: Terminal; verbose?: boolean },
): Promise<ExitCode> {
  let code: ExitCode = exitCode('ok')
  const program = new Command('segue')
    .description('Migrates a DynamoDB table: plan, run, watch, verify, report.')
    .option(
      '--stack <name>',
      'the CloudFormation stack (default: .segue/local.json, else the only Segue stack of the region)',
    )
    .option('--verbose', 'show stack traces')
    .version(version, '--version', 'show the version')
    .addHelpText('afterAll', exitCodeHelp())
    .showHelpAfterError('(segue --help lists the commands)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.line(text.trimEnd()),
      writeErr: (text) => terminal.error(text.trimEnd()),
    })
  const cli = {
    open,
    terminal,
    version,
    exit: (answer: ExitCode) => {
      code = answer
    },
  }
  for (const add of commands) add(program, cli)
  try {
    await program.parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return exitCode(error.exitCode === 0 ? 'ok' : 'refused')
    const explained = explain(error)
    const shown = LostSight.is(error) ? error.cause : error
    terminal.error(terminal.colour('red', explained.sentence))
    if (verbose || program.opts<{ verbose?: boolean }>().verbose) {
      terminal.error((shown as Error).stack ?? String(shown))
      if (SegueError.is(error)) terminal.error(`Code ${error.code} (docs/errors.md): ${error.next}`)
    }
    return explained.code
  }
}
