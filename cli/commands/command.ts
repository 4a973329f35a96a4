import type { Command } from 'commander'
import type { ExitCode } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'
import type { OpenWorld, World } from '../world.ts'

/** What the commands share: how to reach a deployment, where to write, and where their exit code goes. */
export interface Cli {
  open: OpenWorld
  terminal: Terminal
  exit(code: ExitCode): void
}

/** Makes an action of a command: it gets the deployment that the global options name, and answers the exit code. */
export function act<O>(cli: Cli, work: (world: World, options: O) => Promise<ExitCode>) {
  return async (_options: unknown, command: Command): Promise<void> => {
    const options = command.optsWithGlobals<O & { stack?: string }>()
    const world = await cli.open(options.stack === undefined ? {} : { stack: options.stack })
    cli.exit(await work(world, options))
  }
}
