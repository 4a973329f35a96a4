import type { Command } from 'commander'
import { readLease } from '../../shared/ledger/lease.ts'
import { listQuarantine, type Quarantined } from '../../shared/ledger/quarantine.ts'
import { counted, grouped, sentence } from '../../shared/progress/format.ts'
import { groupQuarantine } from '../../shared/progress/quarantine.ts'
import { noRun } from '../errors.ts'
import { exitCode } from '../exit-codes.ts'
import { keyJson, keyText } from '../render/key.ts'
import { act, type Cli } from './command.ts'

export function addQuarantine(program: Command, cli: Cli): void {
  const quarantine = program.command('quarantine').description('items that could not be migrated')
  quarantine
    .command('list')
    .description('the causes and how many items each holds back; with --keys, every item')
    .option('--keys', 'list each item by its key; keys are item data', false)
    .option('--json', 'one JSON object a line: a cause, or with --keys an item', false)
    .action(
      act<{ json: boolean; keys: boolean }>(cli, async ({ ledger, deployment }, { keys, json }) => {
        const lease = await readLease(ledger, deployment.destinationTable)
        if (!lease) throw noRun(deployment)
        const items = await listQuarantine(ledger, lease.run)
        for (const line of json ? jsonLines(items, keys) : textLines(lease.run, items, keys)) cli.terminal.line(line)
        return exitCode('ok')
      }),
    )
}

function textLines(run: string, items: Quarantined[], keys: boolean): string[] {
  const heading = `Run ${run}: ${counted(items.length, 'item')} quarantined`
  const groups = groupQuarantine(items)
  if (!keys)
    return [heading, ...groups.map((g) => `${grouped(g.items).padStart(8)}  ${g.migration}: ${sentence(g.reason)}`)]
  const under = groups.flatMap((g) => [
    `${g.migration}: ${sentence(g.reason)}`,
    ...items
      .filter((i) => i.migration === g.migration && i.reason === g.reason)
      .map((i) => `  ${keyText(i.key)}`)
      .sort(),
  ])
  return [heading, ...under]
}

function jsonLines(items: Quarantined[], keys: boolean): string[] {
  if (!keys) return groupQuarantine(items).map((group) => JSON.stringify(group))
  return items.map(({ key, migration, reason, at }) =>
    JSON.stringify({ key: keyJson(key), migration, reason, at: new Date(at).toISOString() }),
  )
}
