import { type Reading, readProgress } from '../shared/operator/status/read.ts'
import { sentence } from '../shared/runtime/text.ts'
import { lostRun } from './errors.ts'
import { type ExitCode, exitCode } from './exit-codes.ts'
import { followRun } from './follow.ts'
import type { Terminal } from './terminal.ts'
import type { World } from './world.ts'

/** How long to wait for a run to begin or be refused before leaving it to itself; cold starts take a few seconds. */
const beginsWithinMs = 60_000
const lookEveryMs = 1_000

/**
 * Starts an execution of the run machine, and says whether it began or was refused; with `wait`, follows it to its end.
 * @throws LostSight for whatever fails once it was started.
 * @param input as `parseRequest` takes it, only what differs from the defaults.
 */
export async function launch(
  world: World,
  terminal: Terminal,
  input: object,
  { wait, json }: { wait: boolean; json: boolean },
): Promise<ExitCode> {
  const { deployment } = world
  const execution = await world.executions.start(input)
  if (json) terminal.line(JSON.stringify({ verdict: 'starting', execution: { arn: execution } }))
  else {
    terminal.line(`Started in ${deployment.name}: ${deployment.sourceTable} to ${deployment.destinationTable}`)
    terminal.line(`Execution ${execution}`)
  }
  if (wait) {
    if (!json)
      terminal.line(`Stopping this command does not stop the run; watch it with: segue watch${deployment.flag}`)
    return followRun(world, terminal, { follow: { execution }, json, keys: false })
  }
  const reading = await beginning(world, execution).catch((error) => {
    throw lostRun(deployment.flag, error)
  })
  return say(reading, world, terminal, json)
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
