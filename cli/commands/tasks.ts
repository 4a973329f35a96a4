import type { Command } from 'commander'
import { verifyRun } from '../../shared/operator/start.ts'
import { launch } from '../launch.ts'
import { actRecorded, type Cli } from './command.ts'
import { giveUpOption } from './give-up.ts'
import { overOption, reasonOption, type WishFlags, wishOf } from './wish.ts'

export function addVerify(program: Command, cli: Cli): void {
  program
    .command('verify')
    .description('compare every item of the last finished run again, in both directions')
    .option('--wait', 'watch it to its end, and exit with the code of its result', false)
    .addOption(giveUpOption())
    .addOption(reasonOption())
    .addOption(overOption())
    .option('--json', 'JSON objects instead of lines', false)
    .action(
      actRecorded<WishFlags & { wait: boolean; giveUp: number; json: boolean }>(cli, async (engine, flags) =>
        launch(await verifyRun(engine, wishOf(flags)), engine, cli.terminal, flags),
      ),
    )
}
