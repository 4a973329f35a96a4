import type { Command } from 'commander'
import { progressReport } from '../../shared/operator/status/json.ts'
import { readQuarantineGroups } from '../../shared/operator/status/quarantine.ts'
import { track } from '../../shared/operator/status/rate.ts'
import { readProgress } from '../../shared/operator/status/read.ts'
import { noRun } from '../errors.ts'
import { exitCodeOfRun } from '../exit-codes.ts'
import { expectedItems } from '../expected.ts'
import { statusPage } from '../render/status.ts'
import { act, type Cli } from './command.ts'

export function addStatus(program: Command, cli: Cli): void {
  program
    .command('status')
    .description('one page about the last run: state, tallies, splits, failures, quarantine, and who owns it')
    .option('--json', 'one JSON object', false)
    .option('--keys', 'show partition keys that were split; they are item data', false)
    .action(
      act<{ json: boolean; keys: boolean }>(cli, async (world, { json, keys }) => {
        const { ledger, executions, runtime, deployment } = world
        const reading = await readProgress(
          { ledger, describe: executions.describe, clock: runtime.clock },
          deployment.destinationTable,
          { expect: expectedItems(world) },
        )
        if (reading.kind !== 'run') throw noRun(deployment)
        const { progress } = reading
        const quarantine = await readQuarantineGroups(ledger, progress.run.id)
        if (json) {
          const { lease } = progress
          const report = progressReport(progress, track(undefined, progress), { keys })
          cli.terminal.line(JSON.stringify({ ...report, lease: lease ?? null, quarantine }))
        } else
          for (const line of statusPage(progress, quarantine, { keys, flag: deployment.flag })) cli.terminal.line(line)
        return exitCodeOfRun(progress.verdict)
      }),
    )
}
