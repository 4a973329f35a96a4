import type { Command } from 'commander'
import { progressReport } from '../../shared/operator/status/json.ts'
import { track } from '../../shared/operator/status/rate-and-eta.ts'
import { readStatus } from '../../shared/operator/status/status.ts'
import { exitCodeOfRun } from '../exit-codes.ts'
import { statusPage } from '../render/status.ts'
import { act, type Cli } from './command.ts'

export function addStatus(program: Command, cli: Cli): void {
  program
    .command('status')
    .description('one page about the last run: state, tallies, splits, failures, quarantine, and who owns it')
    .option('--json', 'one JSON object', false)
    .option('--keys', 'show partition keys that were split; they are item data', false)
    .action(
      act<{ json: boolean; keys: boolean }>(cli, async (engine, { json, keys }) => {
        const { progress, quarantine } = await readStatus(engine)
        if (json) {
          const { lease } = progress
          const report = progressReport(progress, track(undefined, progress), { keys })
          cli.terminal.line(JSON.stringify({ ...report, lease: lease ?? null, quarantine }))
        } else
          for (const line of statusPage(progress, quarantine, { keys, flag: engine.deployment.flag }))
            cli.terminal.line(line)
        return exitCodeOfRun(progress.verdict)
      }),
    )
}
