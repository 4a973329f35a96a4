import type { OperatorEngine } from '../shared/operator/engine.ts'
import { progressReport } from '../shared/operator/status/json.ts'
import { commandLine, progressLine, shareDone, waitingLine } from '../shared/operator/status/line.ts'
import type { Target } from '../shared/operator/status/read.ts'
import { type Sight, watchRun } from '../shared/operator/watch.ts'
import { duration, sentence } from '../shared/runtime/text.ts'
import { type ExitCode, exitCode, exitCodeOfRun } from './exit-codes.ts'
import { cropped, progressBar, wrapped } from './render/bar.ts'
import { endingOf } from './render/ending.ts'
import { sayRefused } from './render/refused.ts'
import type { Terminal } from './terminal.ts'

/** Each poll reads 64 keys of the ledger: every 2 s for a person, every 5 s for a log. */
const everyMs = { drawn: 2_000, printed: 5_000 }

export interface ShowOptions {
  /** What to watch. @default the execution under way, else the last run */
  target?: Target
  /** How long to watch at most, ms. @default to the end of the run */
  for?: number
  /** How long AWS may fail to respond before the command ends, ms. */
  giveUp: number
  json: boolean
  keys: boolean
}

/**
 * Watches a run to its end and shows it: a bar and a line on a terminal, elsewhere a line every few seconds; with `json`
 * one JSON object per line.
 * @returns the exit code of how the run ended.
 */
export async function showWatch(engine: OperatorEngine, terminal: Terminal, options: ShowOptions): Promise<ExitCode> {
  const { target, giveUp, json, for: forMs } = options
  const drawn = terminal.interactive && !json
  const sights = watchRun(engine, {
    everyMs: drawn ? everyMs.drawn : everyMs.printed,
    giveUpMs: giveUp,
    ...(target && { target }),
    ...(forMs !== undefined && { forMs }),
  })
  const { flag } = engine.deployment
  let code: ExitCode = exitCode('ok')
  let last: Sight | undefined
  for await (const sight of sights) {
    last = sight
    code = show(sight, flag, terminal, options)
  }
  if (forMs === undefined || !last || hasEnded(last)) return code
  terminal.error(
    last.kind === 'unreachable'
      ? `AWS does not respond, so it is not known whether it still runs after ${duration(forMs)}. Watch it with: segue watch${flag}`
      : `It still runs after ${duration(forMs)}. The run continues; watch it with: segue watch${flag}`,
  )
  return exitCode('stillRuns')
}

/** Whether a watcher saw the end of what it watched, or gave up. */
function hasEnded(sight: Sight): boolean {
  switch (sight.kind) {
    case 'run':
      return sight.progress.verdict.kind !== 'running'
    case 'starting':
      return false
    case 'refused':
      return true
    case 'unreachable':
      return sight.gaveUp !== undefined
  }
}

/** Shows one sight. The exit code of the last one counts. */
function show(sight: Sight, flag: string, terminal: Terminal, { json, keys }: ShowOptions): ExitCode {
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
    `AWS did not respond for ${duration(gaveUp)}: ${sentence(reason)}. The run continues; watch it with: segue watch${flag}`,
  )
  return exitCode('unreachable')
}

function showRun(
  { progress, seen }: Extract<Sight, { kind: 'run' }>,
  flag: string,
  terminal: Terminal,
  { json, keys }: Pick<ShowOptions, 'json' | 'keys'>,
): ExitCode {
  const lines = [progressLine(progress, seen, { keys }), waitingLine(progress, seen), commandLine(progress)].filter(
    (line) => line !== undefined,
  )
  if (json) terminal.line(JSON.stringify(progressReport(progress, seen, { keys })))
  else if (progress.verdict.kind === 'running') {
    const bar = progressBar(shareDone(progress), Math.max(10, Math.min(60, terminal.columns - 4)))
    showLines(terminal, lines, terminal.colour('green', bar))
  } else for (const line of [...lines, ...endingOf(progress, flag)]) terminal.line(line)
  return exitCodeOfRun(progress.verdict)
}

/** Shows lines. On a terminal they replace the last ones; the first is cut to one line, the others are wrapped. */
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
