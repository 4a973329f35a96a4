import { parseRequest } from '../config/options.ts'
import { type PreflightWorld, preflightEngine, preflightHandler } from '../phases/handlers/preflight.ts'
import type { Handler } from '../phases/handlers/world.ts'
import type { Executions } from '../phases/ports.ts'
import { allFindings } from '../phases/preflight/ask.ts'
import { type Ready, subjectOf } from '../phases/preflight.ts'
import { orRefused, type Refused } from '../phases/refusal.ts'
import type { FindingsAnswer, FindingsQuestion } from './findings.ts'
import { answerPlan, type PlanAnswer, type PlanQuestion } from './plan/pending.ts'

/** Time for a plan to read its sample, ms: the CLI waits 30 s for the whole result. */
const sampleMs = 15_000

type Event = { input: unknown } | { plan: PlanQuestion } | { findings: FindingsQuestion }

/**
 * The preflight function: the first state of a run. `segue plan` invokes it too, because it has the migrations and may read
 * the source; and `segue preflight`, because it may ask what else is done to the tables.
 */
export function preflightOrPlanHandler(
  world: PreflightWorld & { executions: Executions },
): Handler<Event, Ready | PlanAnswer | FindingsAnswer | Refused> {
  const preflight = preflightHandler(world)
  return (event, deadline) => {
    if ('plan' in event) return orRefused(() => answer(event.plan, world))
    if ('findings' in event) return orRefused(() => find(event.findings, world))
    return preflight(event, deadline)
  }
}

async function find(
  question: FindingsQuestion,
  world: PreflightWorld & { executions: Executions },
): Promise<FindingsAnswer> {
  await world.migrations()
  const subject = await subjectOf(parseRequest(question), preflightEngine(world))
  return { outcome: 'answered', findings: await allFindings({ ...subject, executions: world.executions }) }
}

async function answer(question: PlanQuestion, world: PreflightWorld): Promise<PlanAnswer> {
  const { options, ledger, runtime, describeTable, openTable, operations } = world
  const until = runtime.clock() + sampleMs
  const [source, destination] = await Promise.all([
    describeTable(options.sourceTable),
    describeTable(options.destinationTable),
  ])
  return answerPlan(question, {
    source,
    destination,
    openTable: ({ name, schema }) => openTable(name, schema),
    ledger,
    migrations: await world.migrations(),
    scaling: (table) => operations.scaling(table),
    hasTime: () => runtime.clock() < until,
  })
}
