import type { Command } from 'commander'
import { readLease } from '../../shared/ledger/lease.ts'
import { listQuarantine, type Quarantined } from '../../shared/ledger/quarantine.ts'
import { counted, grouped } from '../../shared/operator/status/format.ts'
import {
  groupQuarantine,
  itemsIn,
  type QuarantineGroup,
  readQuarantineGroups,
} from '../../shared/operator/status/quarantine.ts'
import { sentence } from '../../shared/runtime/text.ts'
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
        const lines = keys
          ? keyLines(lease.run, await listQuarantine(ledger, lease.run), json)
          : causeLines(lease.run, await readQuarantineGroups(ledger, lease.run), json)
        for (const line of lines) cli.terminal.line(line)
        return exitCode('ok')
      }),
    )
}

function causeLines(run: string, groups: QuarantineGroup[], json: boolean): string[] {
  if (json) return groups.map((group) => JSON.stringify(group))
  const lines = groups.map((g) => `${grouped(g.items).padStart(8)}  ${g.migration}: ${sentence(g.reason)}`)
  return [heading(run, itemsIn(groups)), ...lines]
}

function keyLines(run: string, items: Quarantined[], json: boolean): string[] {
  if (json)
    return items.map(({ key, migration, reason, at }) =>
      JSON.stringify({ key: keyJson(key), migration, reason, at: new Date(at).toISOString() }),
    )
  const under = groupQuarantine(items).flatMap((g) => [
    `${g.migration}: ${sentence(g.reason)}`,
    ...items
      .filter((i) => i.migration === g.migration && i.reason === g.reason)
      .map((i) => `  ${keyText(i.key)}`)
      .sort(),
  ])
  return [heading(run, items.length), ...under]
}

const heading = (run: string, items: number) => `Run ${run}: ${counted(items, 'item')} quarantined`
