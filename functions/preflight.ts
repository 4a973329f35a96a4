import { parseRequest } from '../shared/config/options.ts'
import { describeTable, type TableDescription } from '../shared/dynamodb/sdk/describe.ts'
import { answerPlan, type PlanAnswer, type PlanQuestion } from '../shared/operator/plan/pending.ts'
import { preflight, type Ready } from '../shared/phases/preflight.ts'
import { orRefused } from '../shared/phases/refusal.ts'
import { wire } from './wiring/handler.ts'
import { userMigrations } from './wiring/migrations.ts'
import { dynamodb, environment, ledger, openTable, runtime } from './wiring/world.ts'

const { options } = environment
const describe = (table: string) => describeTable(dynamodb, table)
const open = ({ name, schema }: TableDescription) => openTable(name, schema)

/** So long may a plan read its sample: the CLI waits 30 s for the whole answer. */
const sampleMs = 15_000

type Task = { execution: string; input: unknown } | { plan: PlanQuestion }

/**
 * First state of a run: checks everything that would fail it later, before anything is written. Invoked by `segue plan`, it
 * tells which of the migrations bound into it are pending and what they make of a sample.
 */
export const handler = wire((task: Task) =>
  orRefused(async () => ('plan' in task ? answer(task.plan) : check(task.input))),
)

async function check(input: unknown): Promise<Ready> {
  const request = parseRequest(input)
  await userMigrations()
  return preflight(request, { describe, open, options, ledger, stream: environment.stream, runtime })
}

async function answer(question: PlanQuestion): Promise<PlanAnswer> {
  const until = runtime.clock() + sampleMs
  const [source, destination] = await Promise.all([describe(options.sourceTable), describe(options.destinationTable)])
  const migrations = await userMigrations()
  const hasTime = () => runtime.clock() < until
  return answerPlan(question, { source, destination, openTable: open, ledger, migrations, hasTime })
}
