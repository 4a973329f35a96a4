import type { OperatorEngine } from '../shared/operator/engine.ts'
import type { Keyed } from '../shared/operator/keyed-run.ts'
import { awaitBeginning } from '../shared/operator/start.ts'
import { progressReport } from '../shared/operator/status/json.ts'
import { track } from '../shared/operator/status/rate-and-eta.ts'
import { type Progress, readProgress } from '../shared/operator/status/read.ts'
import { type ExitCode, exitCode, exitCodeOfRefusal } from './exit-codes.ts'
import { sayRefused } from './render/refused.ts'
import { showWatch } from './show-watch.ts'
import type { Terminal } from './terminal.ts'

/**
 * Says whether the run of a started execution began or was refused; with `wait`, watches it to its end. Shows a run that has
 * finished before; waits for what is being done to it only with `wait`.
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
  if (started.kind === 'finished') {
    const under = wait ? undefined : await taskOf(started.run, engine)
    if (under) return sayTask(under, engine, terminal, json)
    return showWatch(engine, terminal, { target: { run: started.run }, giveUp, json, keys: false })
  }
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

/** How a finished run stands while it is verified again or repaired; `undefined` where nothing is done to it. */
async function taskOf(run: string, engine: OperatorEngine): Promise<Progress | undefined> {
  const { ledger, executions, runtime, deployment } = engine
  const progress = { ledger, describe: executions.describe, clock: runtime.clock }
  const reading = await readProgress(progress, deployment.destinationTable, { target: { run } })
  return reading.kind === 'run' && reading.progress.verdict.kind === 'running' ? reading.progress : undefined
}

function sayTask(progress: Progress, engine: OperatorEngine, terminal: Terminal, json: boolean): ExitCode {
  const { id, task } = progress.run
  if (json) terminal.line(JSON.stringify(progressReport(progress, track(undefined, progress), { keys: false })))
  else
    terminal.line(
      `Run ${id} has finished, and its ${task?.kind} is under way: that says how it ended. Watch it with: segue watch${engine.deployment.flag}`,
    )
  return exitCode('ok')
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
