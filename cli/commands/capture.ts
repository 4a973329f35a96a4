import type { Command } from 'commander'
import { wasFinished } from '../../shared/facts/finished.ts'
import { readLease } from '../../shared/ledger/lease.ts'
import { endCapture } from '../../shared/ledger/shards.ts'
import { stopCapture } from '../../shared/live/capture.ts'
import { liveLimitSeconds } from '../../shared/live/limit.ts'
import type { Mapping } from '../../shared/live/ports.ts'
import { readProgress } from '../../shared/operator/status/read.ts'
import { CliError, LostSight } from '../errors.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'
import { refuseWhileUnderWay } from '../under-way.ts'
import type { World } from '../world.ts'
import { act, type Cli } from './command.ts'

const askAgainMs = 5_000
/** A mapping takes up to minutes to change. */
const giveUpAfterMs = 600_000

const words = { Enabled: 'on', Disabled: 'off', changing: 'changing' } as const

export function addCapture(program: Command, cli: Cli): void {
  const capture = program.command('capture').description('live changes, which go on after a run has ended')
  capture
    .command('off')
    .description('stop applying what changes in the source, as before the destination is emptied or once it is in use')
    .option('--dry-run', 'say what it would do, and change nothing', false)
    .option('--json', 'one JSON object', false)
    .action(act<Flags>(cli, (world, flags) => captureOff(world, cli.terminal, flags)))
}

interface Flags {
  dryRun: boolean
  json: boolean
}

async function captureOff(world: World, terminal: Terminal, { dryRun, json }: Flags): Promise<ExitCode> {
  const { mapping, deployment } = world
  if (!mapping)
    throw new CliError(
      'no-capture',
      `Nothing is known to capture live changes for ${deployment.name}: its source has no stream, or it was deployed by an earlier version; in that case deploy it again.`,
    )
  await refuseWhileUnderWay(world)
  const state = await mapping.state()
  const { sourceTable, destinationTable } = deployment
  const changes = `live changes from ${sourceTable} to ${destinationTable}`
  const say = (text: string) => json || terminal.line(text)
  if (state === 'Disabled') {
    if (!dryRun) await noteOff(world)
    say(`L${changes.slice(1)} are off already.`)
  } else say(`${dryRun ? 'Would turn' : 'Turns'} off ${changes}: ${await consequence(world)}`)
  const changed = state !== 'Disabled' && !dryRun
  if (changed) {
    await turnOff(world, mapping)
    say(
      `Live changes are off. Wait ${liveLimitSeconds / 60} minutes before you empty ${destinationTable}: what was being applied may land until then.`,
    )
  }
  if (json) terminal.line(JSON.stringify({ capture: changed ? 'off' : words[state], changed }))
  return exitCode('ok')
}

/** So that nobody takes it for an accident that changes are not applied any more. */
async function noteOff({ ledger, deployment, runtime }: World): Promise<void> {
  const lease = await readLease(ledger, deployment.destinationTable)
  if (lease) await endCapture(ledger, lease.run, runtime.clock())
}

async function consequence({ deployment, ledger, executions, runtime }: World): Promise<string> {
  const { sourceTable, destinationTable, flag } = deployment
  const engine = { ledger, describe: executions.describe, clock: runtime.clock }
  const reading = await readProgress(engine, destinationTable)
  const resumable = reading.kind === 'run' && !wasFinished(reading.progress.run) && !reading.progress.run.offline
  const again = resumable
    ? `To turn them on again: segue run --resume${flag}`
    : `Only a new run, into an empty ${destinationTable}, turns them on again: segue run${flag}`
  return `what changes in ${sourceTable} from now on is not applied; the stream keeps it for 24 hours. ${again}`
}

async function turnOff(world: World, mapping: Mapping): Promise<void> {
  const { runtime } = world
  const until = runtime.clock() + giveUpAfterMs
  let { outcome } = await stopCapture(mapping)
  try {
    while (outcome === 'waiting') {
      if (runtime.clock() >= until)
        throw new CliError('not-off', `their mapping has been changing for ${giveUpAfterMs / 60_000} minutes.`)
      await runtime.sleep(askAgainMs)
      // A run that has begun since turns them on and relies on it.
      await refuseWhileUnderWay(world)
      outcome = (await stopCapture(mapping)).outcome
    }
    await noteOff(world)
  } catch (error) {
    throw new LostSight('It is not known whether live changes are off (repeat the command to see)', error)
  }
}
