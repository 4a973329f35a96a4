import type { Command } from 'commander'
import { lastVerification } from '../../shared/operator/diff.ts'
import { exitCode } from '../exit-codes.ts'
import { diffJson, diffPage } from '../render/diff.ts'
import { act, type Cli } from './command.ts'

export function addDiff(program: Command, cli: Cli): void {
  program
    .command('diff')
    .description('list the differences of the last verification: kinds, attributes that differ, and counts')
    .option('--keys', 'list each destination key; keys are item data', false)
    .option('--json', 'one JSON object with the counts; with --keys, then one for each key', false)
    .action(
      act<{ json: boolean; keys: boolean }>(cli, async (engine, { json, keys }) => {
        const last = await lastVerification(engine, { keys })
        const lines = json ? diffJson(last).map((each) => JSON.stringify(each)) : diffPage(last, engine.deployment.flag)
        for (const line of lines) cli.terminal.line(line)
        if (last.groups.length > 0) return exitCode('differences')
        return exitCode(last.ended ? 'ok' : 'refused')
      }),
    )
}
