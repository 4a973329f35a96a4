import type { OperatorEngine } from '../shared/operator/engine.ts'
import { progressReport } from '../shared/operator/status/json.ts'
import { progressLine, shareDone, waitingLine } from '../shared/operator/status/line.ts'
import { type Sight, watchRun } from '../shared/operator/watch.ts'
import { duration, sentence } from '../shared/runtime/text.ts'
import { type ExitCode, exitCode, exitCodeOfRun } from './exit-codes.ts'
import { cropped, progressBar, wrapped } from './render/bar.ts'
import { endingOf } from './render/ending.ts'
import { sayRefused } from './render/refused.ts'
import type { Terminal } from './terminal.ts'

/** Each look reads 64 keys of the ledger: 2 s is lively enough for eyes, 5 s for a log. */
const everyMs = { drawn: 2_000, printed: 5_000 }

export interface FollowOptions {
  /** The execution to watch. @default the one under way, else the last run */
  execution?: string
  /** How long AWS may not answer before the command ends, ms. */
  giveUp: number
  json: boolean
  keys: boolean
}

/**
 * Draws a run until nothing runs any more: a bar and a line on a terminal, a line every few seconds elsewhere, a JSON
 * object a line if asked.
 * @returns the exit code of how the run ended.
 */
export async function followRun(engine: OperatorEngine, terminal: Terminal, options: FollowOptions): Promise<ExitCode> {
  const { execution, giveUp, json } = options
  const drawn = terminal.interactive && !json
  const sights = watchRun(engine, {
    everyMs: drawn ? everyMs.drawn : everyMs.printed,
    giveUpMs: giveUp,
    ...(execution !== undefined && { execution }),
  })
  let code: ExitCode = exitCode('ok')
  for await (const sight of sights) code = show(sight, engine.deployment.flag, terminal, options)
  return code
}

/** Draws one sight; the code counts where it is the last. */
function show(sight: Sight, flag: string, terminal: Terminal, { json, keys }: FollowOptions): ExitCode {
  switch (sight.kind) {
    case 'run':
      return showRun(sight, flag, terminal, { json, keys })
    case 'starting': {
      const { execution } = sight
      if (json) terminal.line(JSON.stringify({ verdict: 'starting', execution: { arn: execution } }))
      else showLines(terminal, [`Starting: ${execution} is in Preflight or Lease`])
      return exitCode('ok')
    }
    case 'refused':
      sayRefused(sight, terminal, json)
      return exitCode('refused')
    case 'unreachable':
      return showUnreachable(sight, flag, terminal, json)
  }
}

function showUnreachable(
  { reason, gaveUp }: Extract<Sight, { kind: 'unreachable' }>,
  flag: string,
  terminal: Terminal,
  json: boolean,
): ExitCode {
  if (json) terminal.line(JSON.stringify({ verdict: 'unknown', waiting: reason }))
  else showLines(terminal, ['Unknown', `waiting: ${sentence(reason)}`])
  if (gaveUp === undefined) return exitCode('ok')
  terminal.error(
    `AWS has not answered for ${duration(gaveUp)}: ${sentence(reason)}. The run continues by itself; watch it with: segue watch${flag}`,
  )
  return exitCode('unreachable')
}

function showRun(
  { progress, seen }: Extract<Sight, { kind: 'run' }>,
  flag: string,
  terminal: Terminal,
  { json, keys }: Pick<FollowOptions, 'json' | 'keys'>,
): ExitCode {
  const lines = [progressLine(progress, seen, { keys }), waitingLine(progress, seen)].filter(
    (line) => line !== undefined,
  )
  if (json) terminal.line(JSON.stringify(progressReport(progress, seen, { keys })))
  else if (progress.verdict.kind === 'running') {
    const bar = progressBar(shareDone(progress), Math.max(10, Math.min(60, terminal.columns - 4)))
    showLines(terminal, lines, terminal.colour('green', bar))
  } else for (const line of [...lines, ...endingOf(progress, flag)]) terminal.line(line)
  return exitCodeOfRun(progress.verdict)
}

/** Lines of the moment: drawn over the last ones on a terminal, the first cut to one line and the others whole. */
function showLines(terminal: Terminal, [first = '', ...rest]: string[], bar?: string): void {
  const { columns, interactive } = terminal
  if (interactive)
    terminal.draw([
      ...(bar === undefined ? [] : [bar]),
      cropped(first, columns),
      ...rest.flatMap((line) => wrapped(line, columns)),
    ])
  else for (const line of [first, ...rest]) terminal.line(line)
}
