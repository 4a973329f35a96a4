import { type Command, InvalidArgumentError } from 'commander'
import { OptionsError } from '../../shared/config/errors.ts'
import type { Deployed, OperatorEngine } from '../../shared/operator/engine.ts'
import { makeSwitch, showSwitch } from '../../shared/operator/switch.ts'
import { type ConfirmFlags, confirm } from '../confirm.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { createLines, switchJson, switchPage } from '../render/switch.ts'
import type { Terminal } from '../terminal.ts'
import { act, actRecorded, type Cli } from './command.ts'

interface CreateFlags extends ConfirmFlags {
  active?: string
  dryRun: boolean
  maxAge: number
  writeSeconds: number
}

export function addSwitch(program: Command, cli: Cli): void {
  const command = program.command('switch').description('which of the two tables applications use')
  command
    .command('show')
    .description('show which table is active and since when, and what closes it')
    .option('--json', 'one JSON object', false)
    .action(act<{ json: boolean }>(cli, (engine, { json }) => show(engine, cli.terminal, json)))
  command
    .command('create')
    .description('make the switch, open at one table, before applications follow it; one that is there stays as it is')
    .option('--active <table>', 'the table that applications use now (default: the source)')
    .option('--max-age <seconds>', 'how long applications trust what they have read; fixed from then on', seconds, 10)
    .option('--write-seconds <seconds>', 'how long one write of theirs may take; fixed from then on', seconds, 20)
    .option('--dry-run', 'show what it would do, and change nothing', false)
    .option('--yes', 'do not ask; for scripts', false)
    .option('--json', 'one JSON object', false)
    .action(actRecorded<CreateFlags>(cli, (engine, flags) => create(engine, cli.terminal, flags)))
}

/** Longer, and the tables would be closed for many minutes. */
const mostSeconds = 300

function seconds(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= mostSeconds) return value
  throw new InvalidArgumentError(`Expected a whole number of seconds from 1 to ${mostSeconds}.`)
}

async function show(engine: OperatorEngine, terminal: Terminal, json: boolean): Promise<ExitCode> {
  const found = await showSwitch(engine)
  const now = engine.runtime.clock()
  if (json) terminal.line(JSON.stringify({ switch: found ? switchJson(found, now) : null }))
  else for (const line of switchPage(found, now, engine.deployment)) terminal.line(line)
  return exitCode(found ? 'ok' : 'refused')
}

async function create(
  engine: OperatorEngine,
  terminal: Terminal,
  { active, dryRun, maxAge, writeSeconds, ...flags }: CreateFlags,
): Promise<ExitCode> {
  const { deployment, runtime } = engine
  const start = { table: activeOf(active, deployment), maxAgeSeconds: maxAge, writeSeconds }
  const before = await showSwitch(engine)
  const say = (lines: string[], isNew: boolean, stored = before) => {
    const now = runtime.clock()
    if (flags.json) terminal.line(JSON.stringify({ switch: stored ? switchJson(stored, now) : null, isNew }))
    else for (const line of lines) terminal.line(line)
    // What is there stays; whoever asked for the other table must hear that it is not the active one.
    return exitCode(active === undefined || !stored || stored.table === active ? 'ok' : 'refused')
  }
  if (before) return say(['It is there already.', ...switchPage(before, runtime.clock(), deployment)], false)
  const lines = createLines(start, deployment, dryRun)
  if (dryRun) return say(lines, false)
  await confirm('switch create', lines, terminal, flags)
  const { made, isNew } = await makeSwitch(engine, start)
  return say(switchPage(made, runtime.clock(), deployment), isNew, made)
}

function activeOf(active: string | undefined, { sourceTable, destinationTable }: Deployed): string {
  if (active === undefined) return sourceTable
  if (active === sourceTable || active === destinationTable) return active
  throw new OptionsError(
    [`\`--active\` is ${sourceTable} or ${destinationTable}, the tables of this deployment`],
    'flags',
  )
}
