import type { Table } from '../../dynamodb/ports.ts'
import type { Rate, TableDescription } from '../../dynamodb/sdk/describe.ts'
import { readApplied } from '../../ledger/applied.ts'
import type { LedgerTable } from '../../ledger/table.ts'
import type { Migration } from '../../migrations/migration.ts'
import { isUnanswered, type Operations, type ScalingRange } from '../../phases/preflight/operations.ts'
import type { Refused } from '../../phases/refusal.ts'
import { type Sample, sampleTable } from './sample.ts'

/** The input of the deployed code's part of a plan: only that code knows the migrations. */
export interface PlanQuestion {
  totalSegments: number
  /** As `sampleTable` takes it. */
  jump: boolean
}

export interface PlanAnswer {
  outcome: 'answered'
  /** Ids of the migrations that a run would apply, in order. */
  pending: string[]
  sample: Sample
  /** What auto scaling may raise the tables to, units a second. No value: not known, or not asked since none is provisioned. */
  scaling?: { source: Partial<Rate>; destination: Partial<Rate> }
  /** Whether the destination expires items, which refuses a run. No value: not asked. */
  timeToLive?: TimeToLive
}

type TimeToLive = Awaited<ReturnType<Operations['timeToLive']>>

/** The deployment did not respond, or would refuse every run; `reason` is for people. */
export type NoAnswer = Refused | { outcome: 'unknown'; reason: string }

export interface PlanAnswerEngine {
  source: TableDescription
  destination: TableDescription
  openTable(description: TableDescription): Table
  ledger: LedgerTable
  migrations: readonly Migration[]
  /** Asks what auto scaling may make of a table. @default it is not known */
  scaling?: Operations['scaling']
  /** Asks whether a table expires items. @default it is not known */
  timeToLive?: Operations['timeToLive']
  hasTime?(): boolean
}

/**
 * Says which migrations are pending, and measures a sample of the source as they transform it.
 * @throws DynamoDbError as the tables do.
 */
export async function answerPlan(
  { totalSegments, jump }: PlanQuestion,
  { source, destination, openTable, ledger, migrations, hasTime, ...engine }: PlanAnswerEngine,
): Promise<PlanAnswer> {
  const applied = await readApplied(ledger, source)
  const pending = migrations.filter(({ id }) => !applied.includes(id))
  const { schema, indexes = [] } = destination
  const sample = await sampleTable(openTable(source), {
    totalSegments,
    jump,
    target: { schema, indexes, migrations: pending },
    ...(hasTime && { hasTime }),
  })
  const scaling = engine.scaling && (await scalingOf(source, destination, engine.scaling))
  const timeToLive = await engine.timeToLive?.(destination.name)
  return {
    ...{ outcome: 'answered', pending: pending.map(({ id }) => id), sample },
    ...(scaling && { scaling }),
    ...(timeToLive && { timeToLive }),
  }
}

async function scalingOf(
  source: TableDescription,
  destination: TableDescription,
  ask: Operations['scaling'],
): Promise<PlanAnswer['scaling']> {
  const tables = [source, destination]
  if (!tables.some(({ throughput }) => throughput?.mode === 'provisioned')) return undefined
  const [ofSource, ofDestination] = await Promise.all(tables.map(({ name }) => ask(name)))
  if (!ofSource || !ofDestination || isUnanswered(ofSource) || isUnanswered(ofDestination)) return undefined
  return { source: mostOf(ofSource), destination: mostOf(ofDestination) }
}

function mostOf(ranges: ScalingRange[]): Partial<Rate> {
  return Object.fromEntries(ranges.map(({ dimension, most }) => [`${dimension}Units`, most]))
}
