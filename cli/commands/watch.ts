import type { Command } from 'commander'
import { showWatch } from '../show-watch.ts'
import { act, type Cli } from './command.ts'
import { forOption, giveUpOption } from './give-up.ts'

export function addWatch(program: Command, cli: Cli): void {
  program
    .command('watch')
    .description('watch the run under way, or show how the last one ended; stopping this does not stop the run')
    .addOption(giveUpOption())
    .addOption(forOption())
    .option('--json', 'one JSON object per line', false)
    .option('--keys', 'show partition keys that were split; they are item data', false)
    .action(
      act<{ giveUp: number; for?: number; json: boolean; keys: boolean }>(cli, (engine, options) =>
        showWatch(engine, cli.terminal, options),
      ),
    )
}
