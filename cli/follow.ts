import type { OperatorEngine } from '../shared/operator/engine.ts'
import { progressReport } from '../shared/operator/status/json.ts'
import { progressLine, shareDone } from '../shared/operator/status/line.ts'
import { type Sight, watchRun } from '../shared/operator/watch.ts'
import { sentence } from '../shared/runtime/text.ts'
import { type ExitCode, exitCode, exitCodeOfRun } from './exit-codes.ts'
import { cropped, progressBar } from './render/bar.ts'
import { endingOf } from './render/ending.ts'
import { sayRefused } from './render/refused.ts'
import type { Terminal } from './terminal.ts'

/** Each look reads 64 keys of the ledger: 2 s is lively enough for eyes, 5 s for a log. */
const everyMs = { drawn: 2_000, printed: 5_000 }

export interface FollowOptions {
  /** The execution to watch. @default the one under way, else the last run */
  execution?: string
  json: boolean
  keys: boolean
}

/**
 * Draws a run until nothing runs any more: a bar and a line on a terminal, a line every few seconds elsewhere, a JSON
 * object a line if asked.
 * @returns the exit code of how the run ended.
 */
export async function followRun(engine: OperatorEngine, terminal: Terminal, options: FollowOptions): Promise<ExitCode> {
  const { execution, json } = options
  const drawn = terminal.interactive && !json
  const sights = watchRun(engine, {
    everyMs: drawn ? everyMs.drawn : everyMs.printed,
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
      else showLine(terminal, `Starting: ${execution} is in Preflight or Lease`)
      return exitCode('ok')
    }
    case 'refused':
      sayRefused(sight, terminal, json)
      return exitCode('refused')
    case 'unreachable':
      if (json) terminal.line(JSON.stringify({ verdict: 'unknown', waiting: sight.reason }))
      else showLine(terminal, `Unknown: waiting: the ledger does not answer (${sentence(sight.reason)})`)
      return exitCode('ok')
  }
}

function showRun(
  { progress, seen }: Extract<Sight, { kind: 'run' }>,
  flag: string,
  terminal: Terminal,
  { json, keys }: Pick<FollowOptions, 'json' | 'keys'>,
): ExitCode {
  const line = progressLine(progress, seen, { keys })
  if (json) terminal.line(JSON.stringify(progressReport(progress, seen, { keys })))
  else if (progress.verdict.kind === 'running' && terminal.interactive) {
    const bar = progressBar(shareDone(progress), Math.max(10, Math.min(60, terminal.columns - 4)))
    terminal.draw([terminal.colour('green', bar), cropped(line, terminal.columns)])
  } else {
    terminal.line(line)
    for (const sentence of endingOf(progress, flag)) terminal.line(sentence)
  }
  return exitCodeOfRun(progress.verdict)
}

function showLine(terminal: Terminal, text: string): void {
  if (terminal.interactive) terminal.draw([cropped(text, terminal.columns)])
  else terminal.line(text)
}
