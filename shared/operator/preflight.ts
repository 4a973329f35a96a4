import { preflightHandler } from '../phases/handlers/preflight.ts'
import type { Handler, Migrating, World } from '../phases/handlers/world.ts'
import type { Ready } from '../phases/preflight.ts'
import { orRefused, type Refused } from '../phases/refusal.ts'
import { answerPlan, type PlanAnswer, type PlanQuestion } from './plan/pending.ts'

/** Time for a plan to read its sample, ms: the CLI waits 30 s for the whole result. */
const sampleMs = 15_000

type Event = { input: unknown } | { plan: PlanQuestion }

/**
 * The preflight function: the first state of a run. `segue plan` invokes it too, because it has the migrations and may read
 * the source.
 */
export function preflightOrPlanHandler(world: World & Migrating): Handler<Event, Ready | PlanAnswer | Refused> {
  const preflight = preflightHandler(world)
  return (event, deadline) =>
    'plan' in event ? orRefused(() => answer(event.plan, world)) : preflight(event, deadline)
}

async function answer(question: PlanQuestion, world: World & Migrating): Promise<PlanAnswer> {
  const { options, ledger, runtime, describeTable, openTable } = world
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
    hasTime: () => runtime.clock() < until,
  })
}
