import type { Command } from 'commander'
import { captureOff, planCaptureOff } from '../../shared/operator/capture-off.ts'
import type { OperatorEngine } from '../../shared/operator/engine.ts'
import { type ConfirmFlags, confirm } from '../confirm.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { capturedOffLine, captureOffLines } from '../render/capture.ts'
import type { Terminal } from '../terminal.ts'
import { actRecorded, type Cli } from './command.ts'

interface Flags extends ConfirmFlags {
  dryRun: boolean
}

export function addCapture(program: Command, cli: Cli): void {
  const capture = program.command('capture').description('live changes: they continue after a run has ended')
  capture
    .command('off')
    .description('stop applying changes of the source: before you empty the destination, or once it is in use')
    .option('--dry-run', 'show what it would do, and change nothing', false)
    .option('--yes', 'do not ask; for scripts', false)
    .option('--json', 'one JSON object', false)
    .action(actRecorded<Flags>(cli, (engine, flags) => off(engine, cli.terminal, flags)))
}

async function off(engine: OperatorEngine, terminal: Terminal, { dryRun, ...flags }: Flags): Promise<ExitCode> {
  const { deployment } = engine
  const plan = await planCaptureOff(engine)
  const lines = captureOffLines(plan, deployment, dryRun)
  const say = (text: string) => flags.json || terminal.line(text)
  const sayState = (capture: string, changed: boolean) =>
    flags.json && terminal.line(JSON.stringify({ capture, changed }))
  if (dryRun || plan.capture === 'off') {
    for (const line of lines) say(line)
    sayState(plan.capture, false)
    return exitCode('ok')
  }
  await confirm('capture off', lines, terminal, flags)
  const { changed } = await captureOff(engine)
  if (changed) say(capturedOffLine(deployment))
  sayState('off', changed)
  return exitCode('ok')
}
