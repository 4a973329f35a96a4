import type { Command } from 'commander'
import type { AuditEvent } from '../../shared/ledger/audit.ts'
import { audited } from '../../shared/operator/audit.ts'
import type { OperatorEngine } from '../../shared/operator/engine.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import type { Open } from '../open.ts'
import type { Terminal } from '../terminal.ts'

/** What the commands share: how to open a deployment, where to write, and how to set the exit code. */
export interface Cli {
  open: Open
  terminal: Terminal
  /** Of this program. */
  version: string
  exit(code: ExitCode): void
}

/** Turns `work` into the action of a command. It gets the deployment that the global options name, and returns the exit code. */
export function act<O>(cli: Cli, work: (engine: OperatorEngine, options: O) => Promise<ExitCode>) {
  return async (_options: unknown, command: Command): Promise<void> => {
    const options = command.optsWithGlobals<O & { stack?: string }>()
    const engine = await cli.open(options.stack === undefined ? {} : { stack: options.stack })
    cli.exit(await work(engine, options))
  }
}

/**
 * The same for a command that changes something: the audit records that it was asked for, and what became of it. A `--dry-run` changes
 * nothing.
 */
export function actRecorded<O>(cli: Cli, work: (engine: OperatorEngine, options: O) => Promise<ExitCode>) {
  return async (given: unknown, command: Command): Promise<void> => {
    const { dryRun, reason } = command.opts<{ dryRun?: boolean; reason?: string }>()
    if (dryRun) return act(cli, work)(given, command)
    const recorded = { what: wordsOf(command), ...(reason !== undefined && { why: reason }) }
    const lost = (error: unknown) =>
      cli.terminal.error(`This command is not recorded in the audit: ${(error as Error).message}`)
    return act<O>(cli, (engine, options) => audited(engine, recorded, () => work(engine, options), { eventOf, lost }))(
      given,
      command,
    )
  }
}

/** `capture off --yes`: the command and the flags that were given, without the reason, which is recorded beside. */
function wordsOf(command: Command): string {
  const names: string[] = []
  for (let each: Command | null = command; each?.parent; each = each.parent) names.unshift(each.name())
  const flags = command.options
    .filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli' && option.long !== '--reason')
    .map((option) => {
      const value: unknown = command.getOptionValue(option.attributeName())
      return typeof value === 'boolean' ? (option.long ?? '') : `${option.long} ${value}`
    })
  return [...names, ...flags].join(' ')
}

function eventOf(code: ExitCode): AuditEvent {
  if (code === exitCode('refused') || code === exitCode('somebodyActed')) return 'refused'
  return code === exitCode('unexpected') ? 'failed' : 'done'
}
