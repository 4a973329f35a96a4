import { type Command, Option } from 'commander'
import { parseRequest } from '../../shared/config/options.ts'
import { sentence } from '../../shared/progress/format.ts'
import { type Reading, readProgress } from '../../shared/progress/read.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { followRun } from '../follow.ts'
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

/** How long to wait for a run to begin or be refused before leaving it to itself; cold starts take a few seconds. */
const beginsWithinMs = 60_000
const lookEveryMs = 1_000

export function addRun(program: Command, cli: Cli): void {
  program
    .command('run')
    .description('start a run of the pending migrations, as an execution with the input {} does from the console')
    .option('--wait', 'watch it to its end and exit with the code of how it ended', false)
    .option('--resume', 'go on with the last run from its checkpoints', false)
    .option('--dry-run', 'say what it would do, as `segue plan` does, and start nothing', false)
    .option('--json', 'JSON objects instead of lines', false)
    .addOption(new Option('--segments <n>', "scan segments of this run (default: the deployment's)").argParser(Number))
    .option('--no-split', 'never split a hot key; it is resumed instead, however long it takes')
    .option('--offline', 'nothing changes the source meanwhile: no live changes are captured', false)
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
  const { deployment } = world
  const execution = await world.executions.start(input)
  if (flags.json) terminal.line(JSON.stringify({ verdict: 'starting', execution: { arn: execution } }))
  else {
    terminal.line(`Started in ${deployment.name}: ${deployment.sourceTable} to ${deployment.destinationTable}`)
    terminal.line(`Execution ${execution}`)
  }
  if (flags.wait) {
    if (!flags.json)
      terminal.line(`Stopping this command does not stop the run; look again with: segue watch${deployment.flag}`)
    return followRun(world, terminal, { follow: { execution }, json: flags.json, keys: false })
  }
  return say(await beginning(world, execution), world, terminal, flags.json)
}

/** The first reading that knows the run or its refusal, or the last one before patience ended. */
async function beginning(world: World, execution: string): Promise<Reading> {
  const { ledger, executions, runtime, deployment } = world
  const engine = { ledger, describe: executions.describe, clock: runtime.clock }
  const until = runtime.clock() + beginsWithinMs
  for (;;) {
    const reading = await readProgress(engine, deployment.destinationTable, { follow: { execution } })
    if (reading.kind !== 'starting' || runtime.clock() >= until) return reading
    await runtime.sleep(lookEveryMs)
  }
}

function say(reading: Reading, { deployment }: World, terminal: Terminal, json: boolean): ExitCode {
  switch (reading.kind) {
    case 'run': {
      const { run } = reading.progress
      if (json) terminal.line(JSON.stringify({ verdict: 'started', run: run.id, execution: { arn: run.execution } }))
      else terminal.line(`Run ${run.id}. Watch it with: segue watch${deployment.flag}`)
      return exitCode('ok')
    }
    case 'refused': {
      const { error, cause, execution } = reading
      if (json) terminal.line(JSON.stringify({ verdict: 'refused', execution: { arn: execution }, error, cause }))
      else terminal.error(`The run was refused (${sentence(error)}): ${sentence(cause)}`)
      return exitCode('refused')
    }
    case 'starting':
    case 'none':
      if (!json) terminal.line(`It has not begun yet. Watch it with: segue watch${deployment.flag}`)
      return exitCode('ok')
  }
}
