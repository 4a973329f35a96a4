import type { Command } from 'commander'
import { type QuarantineList, readQuarantine } from '../../shared/operator/quarantine.ts'
import { itemsIn } from '../../shared/operator/status/quarantine.ts'
import { counted, grouped, sentence } from '../../shared/runtime/text.ts'
import { exitCode } from '../exit-codes.ts'
import { keyJson, keyText } from '../render/key.ts'
import { act, type Cli } from './command.ts'

export function addQuarantine(program: Command, cli: Cli): void {
  const quarantine = program.command('quarantine').description('items that could not be migrated')
  quarantine
    .command('list')
    .description('list the causes, with how many items each has; with --keys, every item')
    .option('--keys', 'list each item by its key; keys are item data', false)
    .option('--json', 'one JSON object per line: a cause, or with --keys an item', false)
    .action(
      act<{ json: boolean; keys: boolean }>(cli, async (engine, { keys, json }) => {
        const list = await readQuarantine(engine, { keys })
        for (const line of json ? jsonLines(list) : textLines(list)) cli.terminal.line(line)
        return exitCode('ok')
      }),
    )
}

function jsonLines({ groups, items }: QuarantineList): string[] {
  if (!items) return groups.map((group) => JSON.stringify(group))
  return items.map(({ key, migration, reason, at }) =>
    JSON.stringify({ key: keyJson(key), migration, reason, at: new Date(at).toISOString() }),
  )
}

function textLines({ run, groups, items }: QuarantineList): string[] {
  const heading = `Run ${run}: ${counted(itemsIn(groups), 'item')} quarantined`
  const lines = groups.flatMap((group) => {
    const cause = `${group.migration}: ${sentence(group.reason)}`
    if (!items) return [`${grouped(group.items).padStart(8)}  ${cause}`]
    const keys = items
      .filter((i) => i.migration === group.migration && i.reason === group.reason)
      .map((i) => keyText(i.key))
    return [cause, ...keys.sort().map((key) => `  ${key}`)]
  })
  return [heading, ...lines]
}
