import type { Table } from '../../dynamodb/ports.ts'
import type { TableDescription } from '../../dynamodb/sdk/describe.ts'
import { readApplied } from '../../ledger/applied.ts'
import type { LedgerTable } from '../../ledger/table.ts'
import type { Migration } from '../../migrations/migration.ts'
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
}

/** The deployment did not respond, or would refuse every run; `reason` is for people. */
export type NoAnswer = Refused | { outcome: 'unknown'; reason: string }

export interface PlanAnswerEngine {
  source: TableDescription
  destination: TableDescription
  openTable(description: TableDescription): Table
  ledger: LedgerTable
  migrations: readonly Migration[]
  hasTime?(): boolean
}

/**
 * Says which migrations are pending, and measures a sample of the source as they transform it.
 * @throws DynamoDbError as the tables do.
 */
export async function answerPlan(
  { totalSegments, jump }: PlanQuestion,
  { source, destination, openTable, ledger, migrations, hasTime }: PlanAnswerEngine,
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
  return { outcome: 'answered', pending: pending.map(({ id }) => id), sample }
}
