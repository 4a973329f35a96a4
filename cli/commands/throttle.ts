import { type Command, InvalidArgumentError } from 'commander'
import { OptionsError } from '../../shared/config/errors.ts'
import type { OperatorEngine } from '../../shared/operator/engine.ts'
import { OperatorError } from '../../shared/operator/errors.ts'
import { lastCommandReport, lastWords } from '../../shared/operator/people.ts'
import { limitWords } from '../../shared/operator/status/budget.ts'
import { throttleRun } from '../../shared/operator/throttle.ts'
import { type ExitCode, exitCode, exitCodeOfRefusal } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'
import { actRecorded, type Cli } from './command.ts'
import { overOption, reasonOption, type WishFlags, wishOf } from './wish.ts'

interface Flags extends WishFlags {
  readUnits?: number
  writeUnits?: number
  off: boolean
  json: boolean
}

export function addThrottle(program: Command, cli: Cli): void {
  program
    .command('throttle')
    .description('limit the capacity units a second that the passes of the run take; live changes are not limited')
    .option('--read-units <n>', 'of both tables together; without it, this limit stays as it is', parseUnits)
    .option('--write-units <n>', 'likewise', parseUnits)
    .option('--off', 'no limit any more', false)
    .addOption(reasonOption())
    .addOption(overOption())
    .option('--json', 'one JSON object', false)
    .action(actRecorded<Flags>(cli, (engine, flags) => run(engine, cli.terminal, flags)))
}

async function run(engine: OperatorEngine, terminal: Terminal, flags: Flags): Promise<ExitCode> {
  const { readUnits, writeUnits, off, json } = flags
  const limits = {
    ...(readUnits !== undefined && { readUnits }),
    ...(writeUnits !== undefined && { writeUnits }),
  }
  if (off === Object.keys(limits).length > 0)
    throw new OptionsError(['say `--read-units` or `--write-units`, or both, or else `--off`'], 'flags')
  try {
    const throttled = await throttleRun(engine, off ? undefined : limits, wishOf(flags))
    if (throttled.kind === 'refused') {
      if (json) terminal.line(JSON.stringify({ refused: throttled.cause }))
      else terminal.error(throttled.cause)
      return exitCode('refused')
    }
    const { run: of, budget, last } = throttled
    if (json) {
      const { readUnits: read = null, writeUnits: write = null } = budget ?? {}
      const told = budget ? { readUnits: read, writeUnits: write } : null
      terminal.line(JSON.stringify({ run: of.id, budget: told, lastCommand: lastCommandReport(last) }))
      return exitCode('ok')
    }
    terminal.line(
      budget
        ? `The passes of run ${of.id} take at most ${limitWords(budget)}, within 10 seconds and until somebody says otherwise. Live changes are not limited.`
        : `The passes of run ${of.id} are not limited.`,
    )
    if (last) terminal.line(`Last command: ${lastWords(last, engine.runtime.clock())}`)
    return exitCode('ok')
  } catch (error) {
    if (!json || !OperatorError.is(error)) throw error
    terminal.line(JSON.stringify({ refused: error.message }))
    return exitCodeOfRefusal({ error: error.code })
  }
}

function parseUnits(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Expected units a second, such as 500.')
  return Number(text)
}
