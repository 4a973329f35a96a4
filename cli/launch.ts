import type { OperatorEngine } from '../shared/operator/engine.ts'
import type { Keyed } from '../shared/operator/keyed-run.ts'
import { awaitBeginning } from '../shared/operator/start.ts'
import { type ExitCode, exitCode, exitCodeOfRefusal } from './exit-codes.ts'
import { sayRefused } from './render/refused.ts'
import { showWatch } from './show-watch.ts'
import type { Terminal } from './terminal.ts'

/**
 * Says whether the run of a started execution began or was refused; with `wait`, watches it to its end. Shows a run that has
 * finished before.
 */
export async function launch(
  started: Keyed,
  engine: OperatorEngine,
  terminal: Terminal,
  { wait, giveUp, json }: { wait: boolean; giveUp: number; json: boolean },
): Promise<ExitCode> {
  if (started.kind === 'refused') {
    sayRefused(started, terminal, json)
    return exitCodeOfRefusal(started)
  }
  if (started.kind === 'finished')
    return showWatch(engine, terminal, { target: { run: started.run }, giveUp, json, keys: false })
  const { deployment } = engine
  const { execution } = started
  const isAttached = started.kind === 'attached'
  if (json)
    terminal.line(JSON.stringify({ verdict: isAttached ? 'attached' : 'starting', execution: { arn: execution } }))
  else {
    const what = isAttached ? 'Attached to what is under way' : 'Started'
    terminal.line(`${what} in ${deployment.name}: ${deployment.sourceTable} to ${deployment.destinationTable}`)
    terminal.line(`Execution ${execution}`)
  }
  if (wait) {
    if (!json)
      terminal.line(`Stopping this command does not stop the run; watch it with: segue watch${deployment.flag}`)
    return showWatch(engine, terminal, { target: { execution }, giveUp, json, keys: false })
  }
  return sayBeginning(execution, engine, terminal, json)
}

async function sayBeginning(
  execution: string,
  engine: OperatorEngine,
  terminal: Terminal,
  json: boolean,
): Promise<ExitCode> {
  const { flag } = engine.deployment
  const reading = await awaitBeginning(engine, execution)
  switch (reading.kind) {
    case 'run': {
      const { run } = reading.progress
      if (json) terminal.line(JSON.stringify({ verdict: 'started', run: run.id, execution: { arn: run.execution } }))
      else terminal.line(`Run ${run.id}. Watch it with: segue watch${flag}`)
      return exitCode('ok')
    }
    case 'refused':
      sayRefused(reading, terminal, json)
      return exitCode('refused')
    case 'starting':
    case 'none':
      if (!json) terminal.line(`It has not begun yet. Watch it with: segue watch${flag}`)
      return exitCode('ok')
  }
}
