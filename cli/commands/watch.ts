import type { Command } from 'commander'
import { followRun } from '../follow.ts'
import { act, type Cli } from './command.ts'
import { giveUpOption } from './give-up.ts'

export function addWatch(program: Command, cli: Cli): void {
  program
    .command('watch')
    .description('follow the run under way, or say how the last one ended; stopping this does not stop the run')
    .addOption(giveUpOption())
    .option('--json', 'one JSON object a line', false)
    .option('--keys', 'show partition keys that were split; they are item data', false)
    .action(
      act<{ giveUp: number; json: boolean; keys: boolean }>(cli, (engine, options) =>
        followRun(engine, cli.terminal, options),
      ),
    )
}
