import { parseRequest } from '../config/options.ts'
import { type PreflightWorld, preflightEngine, preflightHandler } from '../phases/handlers/preflight.ts'
import type { Handler } from '../phases/handlers/world.ts'
import type { Executions } from '../phases/ports.ts'
import { allFindings, lookUpEveryMs } from '../phases/preflight/ask.ts'
import { isUnanswered, reasonOf } from '../phases/preflight/operations.ts'
import { type Ready, subjectOf } from '../phases/preflight.ts'
import { orRefused, type Refused } from '../phases/refusal.ts'
import type { CallsAnswer, ExecutionCall, FindingsAnswer, FindingsQuestion } from './findings.ts'
import { answerPlan, type PlanAnswer, type PlanQuestion } from './plan/pending.ts'

/** Time for a plan to read its sample, ms: the CLI waits 30 s for the whole result. */
const sampleMs = 15_000

type Event = { input: unknown } | { plan: PlanQuestion } | { findings: FindingsQuestion } | { calls: true }

/** `stack`: StackId of this deployment. */
type FindingsWorld = PreflightWorld & { executions: Executions; stack: string }

/**
 * The preflight function: the first state of a run. `segue plan` invokes it too, because it has the migrations and may read
 * the source; and `segue preflight`, because it may ask what else is done to the tables.
 */
export function preflightOrPlanHandler(
  world: FindingsWorld,
): Handler<Event, Ready | PlanAnswer | FindingsAnswer | CallsAnswer | Refused> {
  const preflight = preflightHandler(world)
  return (event, deadline) => {
    if ('plan' in event) return orRefused(() => answer(event.plan, world))
    if ('calls' in event) return executionCalls(world)
    if ('findings' in event) return orRefused(() => find(event.findings, world))
    return preflight(event, deadline)
  }
}

/** The newest starts and stops of executions, for `segue audit`: whoever gives that command may not ask CloudTrail. */
async function executionCalls({ operations, runtime }: PreflightWorld): Promise<CallsAnswer> {
  const calls: ExecutionCall[] = []
  for (const event of ['StopExecution', 'StartExecution'] as const) {
    const answer = await operations.calls(event)
    if (isUnanswered(answer)) return { outcome: 'answered', unknown: reasonOf(answer) }
    for (const { at, by, execution } of answer) if (execution !== undefined) calls.push({ at, event, by, execution })
    await runtime.sleep(lookUpEveryMs)
  }
  return { outcome: 'answered', calls }
}

async function find(question: FindingsQuestion, world: FindingsWorld): Promise<FindingsAnswer> {
  const { executions, stack } = world
  await world.migrations()
  const subject = await subjectOf(parseRequest(question), preflightEngine(world))
  return { outcome: 'answered', findings: await allFindings({ ...subject, executions, stack }) }
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
    timeToLive: (table) => operations.timeToLive(table),
    hasTime: () => runtime.clock() < until,
  })
}
