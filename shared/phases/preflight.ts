import { maxKeyValue } from '../chunks/order.ts'
import type { Options, RunRequest } from '../config/options.ts'
import { DynamoDbError } from '../dynamodb/errors.ts'
import { firstItem } from '../dynamodb/is-empty.ts'
import type { Table } from '../dynamodb/ports.ts'
import type { TableDescription } from '../dynamodb/sdk/describe.ts'
import { readLease } from '../ledger/lease.ts'
import type { LedgerTable } from '../ledger/table.ts'
import type { Runtime } from '../runtime/ports.ts'
import { refuseByFindings } from './preflight/ask.ts'
import type { Finding } from './preflight/finding.ts'
import type { Operations } from './preflight/operations.ts'
import { isReady, type Subject } from './preflight/probe.ts'
import { Refusal } from './refusal.ts'

export interface PreflightEngine {
  describe(table: string): Promise<TableDescription>
  open(description: TableDescription): Table
  options: Options
  ledger: LedgerTable
  /** ARN of the source's stream that this deployment reads, and id of the mapping of live changes, if any. */
  stream: string | undefined
  mapping: string | undefined
  runtime: Runtime
  operations: Operations
}

/** The results of preflight for the states that come next. */
export interface Ready {
  outcome: 'ready'
  /** Whether keys may be split: the request allows it, and the table accepts synthetic start keys. */
  split: boolean
  /** What is beside the run, for people. No value: nothing. */
  findings?: Finding[]
}

/** So many findings are shown in the execution, whose input and output are limited. */
const mostFindings = 20

/**
 * Checks, before anything is written, everything that would fail the run later.
 * @throws Refusal naming what is wrong and the next step.
 * @throws DynamoDbError `table-not-found` or `access-denied`.
 */
export async function preflight(request: RunRequest, engine: PreflightEngine): Promise<Ready> {
  // Indices are built of the destination alone, perhaps long after the source is gone.
  if (request.only === 'index') return preflightIndex(request, engine)
  const subject = await subjectOf(request, engine)
  const findings = await refuseByFindings(subject)
  for (const { probe, what } of findings) engine.runtime.emit({ code: 'preflight.finding', probe, what })
  const split =
    request.split && (request.only !== undefined || (await acceptsSyntheticKeys(engine.open(subject.source))))
  return { outcome: 'ready', split, ...(findings.length > 0 && { findings: findings.slice(0, mostFindings) }) }
}

async function preflightIndex({ split }: RunRequest, { options, ledger, describe }: PreflightEngine): Promise<Ready> {
  await readLease(ledger, options.destinationTable)
  const destination = await describe(options.destinationTable)
  if (isReady(destination)) return { outcome: 'ready', split }
  throw new Refusal(
    'table-not-ready',
    `Table ${destination.name} is ${destination.status}. Wait until it is ACTIVE and start again.`,
  )
}

/**
 * What the probes ask about a run that this request would begin.
 * @throws LedgerError `other-format`: refuses the ledger of another version of Segue; DynamoDbError as {@link preflight} does.
 */
export async function subjectOf(request: RunRequest, engine: PreflightEngine): Promise<Subject> {
  const { options, ledger, describe } = engine
  await readLease(ledger, options.destinationTable)
  const [source, destination] = await Promise.all([describe(options.sourceTable), describe(options.destinationTable)])
  return { ...engine, request, source, destination }
}

/**
 * Whether reads may start at keys that do not exist, as splitting needs. If a table refuses them, chunks resume and do
 * not split.
 */
async function acceptsSyntheticKeys(table: Table): Promise<boolean> {
  const { sk } = table.schema
  if (!sk) return false
  const first = await firstItem(table)
  if (!first) return true
  const { pk } = first.key
  const max = maxKeyValue(sk.type)
  try {
    await table.scan({ segment: 0, totalSegments: 1, after: { pk, sk: max }, limit: 1, consistent: false })
    await table.query({ pk, upTo: max, limit: 1, consistent: false })
    return true
  } catch (error) {
    if (DynamoDbError.is(error) && error.code === 'invalid-request') return false
    throw error
  }
}
