import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Command, Option } from 'commander'
import { parseRequest, type RunRequest } from '../../shared/config/options.ts'
import { loadMigrations } from '../../shared/migrations/load-migrations.ts'
import type { Migration } from '../../shared/migrations/migration.ts'
import type { OperatorEngine } from '../../shared/operator/engine.ts'
import { makePlan } from '../../shared/operator/plan/plan.ts'
import { CliError } from '../errors.ts'
import { type ExitCode, exitCodeOfPlan } from '../exit-codes.ts'
import { planJson, planPage } from '../render/plan.ts'
import type { Terminal } from '../terminal.ts'
import { act, type Cli } from './command.ts'
import { untilOf, warmOption } from './until.ts'

interface PlanFlags {
  migrations?: string
  resume: boolean
  segments?: number
  split: boolean
  offline: boolean
  ticked: boolean
  json: boolean
  keys: boolean
  warm?: string
}

export function addPlan(program: Command, cli: Cli): void {
  program
    .command('plan')
    .description(
      'show what a run would do, what it would cost, and which keys are too big for one slice; reads a sample, writes nothing',
    )
    .option('--migrations <path>', 'plan with the migrations of this module (default: those that are deployed)')
    .option('--resume', 'plan to resume the last run', false)
    .addOption(new Option('--segments <n>', "scan segments of the run (default: the deployment's)").argParser(Number))
    .option('--no-split', 'plan without splitting')
    .option('--offline', 'plan without capturing live changes', false)
    .option('--ticked', 'plan as if the checklist that the options name were done', false)
    .addOption(warmOption())
    .option('--json', 'one JSON object', false)
    .option('--keys', 'show partition keys; they are item data', false)
    .action(
      act<PlanFlags>(cli, (engine, { resume, segments, split, offline, ticked, ...flags }) => {
        const request = parseRequest({
          ...{ resume, split, offline },
          ...(ticked && { ticked }),
          ...(segments !== undefined && { segments }),
        })
        return showPlan(engine, cli.terminal, request, flags)
      }),
    )
}

/** Makes and prints the plan of a run. */
export async function showPlan(
  engine: OperatorEngine,
  terminal: Terminal,
  request: RunRequest,
  { migrations, json, keys, warm }: { migrations?: string; json: boolean; keys: boolean; warm?: string },
): Promise<ExitCode> {
  const plan = await makePlan(
    request,
    engine,
    migrations === undefined ? undefined : await importMigrations(migrations),
    untilOf(warm, engine),
  )
  if (json) terminal.line(JSON.stringify(planJson(plan, { keys })))
  else for (const line of planPage(plan, { keys, flag: engine.deployment.flag })) terminal.line(line)
  return exitCodeOfPlan(plan)
}

async function importMigrations(file: string): Promise<Migration[]> {
  let module: unknown
  try {
    // The module may be TypeScript that Node itself cannot strip. Imported here, because no other command needs tsx.
    const { register } = await import('tsx/esm/api')
    register()
    module = await import(pathToFileURL(path.resolve(file)).href)
  } catch (cause) {
    throw new CliError('bad-module', `The migrations module ${file} does not load: ${(cause as Error).message}`, {
      cause,
    })
  }
  return loadMigrations(module)
}
