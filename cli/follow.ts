import { DynamoDbError } from '../shared/dynamodb/errors.ts'
import { progressReport } from '../shared/operator/status/json.ts'
import { progressLine, shareDone } from '../shared/operator/status/line.ts'
import { type Track, track } from '../shared/operator/status/rate.ts'
import { type Expect, type Follow, type Progress, type Reading, readProgress } from '../shared/operator/status/read.ts'
import { sentence } from '../shared/runtime/text.ts'
import { lostRun, noRun } from './errors.ts'
import { type ExitCode, exitCode, exitCodeOfRun } from './exit-codes.ts'
import { expectedItems } from './expected.ts'
import { cropped, progressBar } from './render/bar.ts'
import { endingOf } from './render/ending.ts'
import type { Terminal } from './terminal.ts'
import type { World } from './world.ts'

/** Each look reads 64 keys of the ledger: 2 s is lively enough for eyes, 5 s for a log. */
const everyMs = { drawn: 2_000, printed: 5_000 }

export interface FollowOptions {
  /** @default the last run into the destination */
  follow?: Follow
  json: boolean
  keys: boolean
}

/** What one look comes to: the run goes on, or the command ends with a code. */
type Look = ExitCode | undefined

/**
 * Watches a run until nothing runs any more: a bar and a line on a terminal, a line every few seconds elsewhere, a JSON
 * object a line if asked.
 * @returns the exit code of how the run ended.
 * @throws CliError `no-run` when there is nothing to watch; LostSight once there is something.
 */
export async function followRun(world: World, terminal: Terminal, options: FollowOptions): Promise<ExitCode> {
  const drawn = terminal.interactive && !options.json
  const expect = expectedItems(world)
  let { follow } = options
  let seen: Track | undefined
  for (;;) {
    const reading = await look(world, follow, expect)
    let code: Look
    if ('retry' in reading) showTrouble(terminal, options, reading.retry)
    else if (reading.kind === 'run') {
      const { progress } = reading
      follow = { run: progress.run.id }
      seen = track(seen, progress)
      code = showRun(world, terminal, options, progress, seen)
    } else code = showBeforeRun(world, terminal, options, reading)
    if (code !== undefined) return code
    await world.runtime.sleep(drawn ? everyMs.drawn : everyMs.printed)
  }
}

/** One reading; a ledger that does not answer for a while is no reason to stop watching. */
async function look(world: World, follow: Follow | undefined, expect: Expect): Promise<Reading | { retry: string }> {
  const { ledger, executions, runtime, deployment } = world
  try {
    return await readProgress(
      { ledger, describe: executions.describe, clock: runtime.clock },
      deployment.destinationTable,
      { ...(follow && { follow }), expect },
    )
  } catch (error) {
    if (error instanceof DynamoDbError && error.retryable) return { retry: error.message }
    throw follow ? lostRun(deployment.flag, error) : error
  }
}

function showRun(
  world: World,
  terminal: Terminal,
  { json, keys }: FollowOptions,
  progress: Progress,
  seen: Track,
): Look {
  const line = progressLine(progress, seen, { keys })
  const running = progress.verdict.kind === 'running'
  if (json) terminal.line(JSON.stringify(progressReport(progress, seen, { keys })))
  else if (running && terminal.interactive) {
    const bar = progressBar(shareDone(progress), Math.max(10, Math.min(60, terminal.columns - 4)))
    terminal.draw([terminal.colour('green', bar), cropped(line, terminal.columns)])
  } else {
    terminal.line(line)
    for (const sentence of endingOf(progress, world.deployment.flag)) terminal.line(sentence)
  }
  return running ? undefined : exitCodeOfRun(progress.verdict)
}

function showBeforeRun(
  { deployment }: World,
  terminal: Terminal,
  { json }: FollowOptions,
  reading: Exclude<Reading, { kind: 'run' }>,
): Look {
  switch (reading.kind) {
    case 'none':
      throw noRun(deployment)
    case 'starting': {
      const { execution } = reading
      if (json) terminal.line(JSON.stringify({ verdict: 'starting', execution: { arn: execution } }))
      else showLine(terminal, `Starting: ${execution} is in Preflight or Lease`)
      return undefined
    }
    case 'refused': {
      const { execution, error, cause } = reading
      if (json) terminal.line(JSON.stringify({ verdict: 'refused', execution: { arn: execution }, error, cause }))
      else terminal.error(`The run was refused (${sentence(error)}): ${sentence(cause)}`)
      return exitCode('refused')
    }
  }
}

function showTrouble(terminal: Terminal, { json }: FollowOptions, reason: string): void {
  if (json) terminal.line(JSON.stringify({ verdict: 'unknown', waiting: reason }))
  else showLine(terminal, `Unknown: waiting: the ledger does not answer (${sentence(reason)})`)
}

function showLine(terminal: Terminal, text: string): void {
  if (terminal.interactive) terminal.draw([cropped(text, terminal.columns)])
  else terminal.line(text)
}
