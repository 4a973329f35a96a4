import type { Command } from 'commander'
import type { OperatorEngine } from '../../shared/operator/engine.ts'
import type { ExitCode } from '../exit-codes.ts'
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
