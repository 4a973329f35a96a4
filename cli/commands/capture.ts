import type { Command } from 'commander'
import { captureOff, planCaptureOff } from '../../shared/operator/capture-off.ts'
import type { OperatorEngine } from '../../shared/operator/engine.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'
import { act, type Cli } from './command.ts'

export function addCapture(program: Command, cli: Cli): void {
  const capture = program.command('capture').description('live changes, which go on after a run has ended')
  capture
    .command('off')
    .description('stop applying what changes in the source, as before the destination is emptied or once it is in use')
    .option('--dry-run', 'say what it would do, and change nothing', false)
    .option('--json', 'one JSON object', false)
    .action(act<Flags>(cli, (engine, flags) => off(engine, cli.terminal, flags)))
}

interface Flags {
  dryRun: boolean
  json: boolean
}

async function off(engine: OperatorEngine, terminal: Terminal, { dryRun, json }: Flags): Promise<ExitCode> {
  const { sourceTable, destinationTable } = engine.deployment
  const { capture, resumable, takesMs } = await planCaptureOff(engine)
  const changes = `ive changes from ${sourceTable} to ${destinationTable}`
  const say = (text: string) => json || terminal.line(text)
  if (capture === 'off') say(`L${changes} are off already.`)
  else say(`${dryRun ? 'Would turn' : 'Turns'} off l${changes}: ${consequence(engine, resumable)}`)
  if (!dryRun && takesMs > 0)
    say(`This takes about ${Math.ceil(takesMs / 60_000)} minutes, until what is being applied has landed.`)
  const { changed } = dryRun ? { changed: false } : await captureOff(engine)
  if (changed) say(`Live changes are off: nothing more of them lands in ${destinationTable}.`)
  if (json) terminal.line(JSON.stringify({ capture: changed ? 'off' : capture, changed }))
  return exitCode('ok')
}

function consequence({ deployment }: OperatorEngine, resumable: boolean): string {
  const { sourceTable, destinationTable, flag } = deployment
  const again = resumable
    ? `To turn them on again: segue run --resume${flag}`
    : `Only a new run, into an empty ${destinationTable}, turns them on again: segue run${flag}`
  return `what changes in ${sourceTable} from now on is not applied; the stream keeps it for 24 hours. ${again}`
}
