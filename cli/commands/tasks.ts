import type { Command } from 'commander'
import { indexRun, verifyRun } from '../../shared/operator/start.ts'
import { launch } from '../launch.ts'
import { actRecorded, type Cli } from './command.ts'
import { giveUpOption } from './give-up.ts'
import { overOption, reasonOption, type WishFlags, wishOf } from './wish.ts'

/** What is begun on the last finished run, as a task of it. */
const tasks = [
  {
    name: 'verify',
    description: 'compare every item of the last finished run again, in both directions',
    begin: verifyRun,
  },
  {
    name: 'index',
    description: 'build new search indices of the last finished run, beside those that are there',
    begin: indexRun,
  },
]

export function addTasks(program: Command, cli: Cli): void {
  for (const { name, description, begin } of tasks)
    program
      .command(name)
      .description(description)
      .option('--wait', 'watch it to its end, and exit with the code of its result', false)
      .addOption(giveUpOption())
      .addOption(reasonOption())
      .addOption(overOption())
      .option('--json', 'JSON objects instead of lines', false)
      .action(
        actRecorded<WishFlags & { wait: boolean; giveUp: number; json: boolean }>(cli, async (engine, flags) =>
          launch(await begin(engine, wishOf(flags)), engine, cli.terminal, flags),
        ),
      )
}
