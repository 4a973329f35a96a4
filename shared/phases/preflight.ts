import { maxKeyValue } from '../chunks/order.ts'
import type { Options, RunRequest } from '../config/options.ts'
import { DynamoDbError } from '../dynamodb/errors.ts'
import { firstItem, isEmpty } from '../dynamodb/is-empty.ts'
import { describeSchema, sameSchema } from '../dynamodb/key.ts'
import type { Table } from '../dynamodb/ports.ts'
import type { TableDescription } from '../dynamodb/sdk/describe.ts'
import { readLease } from '../ledger/lease.ts'
import type { LedgerTable } from '../ledger/table.ts'
import type { Runtime } from '../runtime/ports.ts'
import { refuseWithoutStream } from './preflight-stream.ts'
import { Refusal } from './refusal.ts'

export interface PreflightEngine {
  describe(table: string): Promise<TableDescription>
  open(description: TableDescription): Table
  options: Options
  ledger: LedgerTable
  /** ARN of the source's stream that this deployment reads, if any. */
  stream: string | undefined
  runtime: Runtime
}

/** The results of preflight for the states that come next. */
export interface Ready {
  outcome: 'ready'
  /** Whether keys may be split: the request allows it, and the table accepts synthetic start keys. */
  split: boolean
}

/** A page of this many items must take less than a sixth of a slice, or the slice could not stop in time. */
const probeItems = 25
const probeShare = 6

/**
 * Checks, before anything is written, everything that would fail the run later.
 * @throws Refusal naming what is wrong and the next step.
 * @throws DynamoDbError `table-not-found` or `access-denied`.
 */
export async function preflight(request: RunRequest, engine: PreflightEngine): Promise<Ready> {
  const { options, ledger } = engine
  // Refuses the ledger of another version of Segue.
  await readLease(ledger, options.destinationTable)
  const [source, destination] = await Promise.all([
    engine.describe(options.sourceTable),
    engine.describe(options.destinationTable),
  ])
  if (source.arn === destination.arn)
    throw new Refusal(
      'same-table',
      `Source and destination are the same table (${source.name}). Name two tables in the options and deploy again.`,
    )
  for (const table of [source, destination])
    if (table.status !== 'ACTIVE' && table.status !== 'UPDATING')
      throw new Refusal(
        'table-not-ready',
        `Table ${table.name} is ${table.status}. Wait until it is ACTIVE and start again.`,
      )
  if (destination.multiRegionStrong)
    throw new Refusal(
      'multi-region-strong',
      `Table ${destination.name} is a global table with multi-Region strong consistency, which takes no transactions, and live changes, Settle and Repair write in transactions. Create the destination in one Region, or with multi-Region eventual consistency.`,
    )
  if (!sameSchema(source.schema, destination.schema))
    throw new Refusal(
      'schema-mismatch',
      `The key of ${source.name} is ${describeSchema(source.schema)}, the key of ${destination.name} is ${describeSchema(destination.schema)}. Create the destination with the key schema of the source.`,
    )
  if (request.only) return { outcome: 'ready', split: request.split }
  await refuseWithoutStream(request, source, { ...engine, destination: options.destinationTable })
  if (!request.resume) await refuseUnlessEmpty(engine.open(destination))
  const table = engine.open(source)
  await refuseShortSlices(table, engine)
  return { outcome: 'ready', split: request.split && (await acceptsSyntheticKeys(table)) }
}

/** @throws Refusal `destination-not-empty`. */
export async function refuseUnlessEmpty(destination: Table): Promise<void> {
  if (await isEmpty(destination)) return
  throw new Refusal(
    'destination-not-empty',
    `Table ${destination.name} already holds items. Start with \`{"resume": true}\` (\`segue run --resume\`) to resume a halted run; or turn live changes off (\`segue capture off\`) and empty the table.`,
  )
}

async function refuseShortSlices(table: Table, { options, runtime }: PreflightEngine): Promise<void> {
  const before = runtime.clock()
  await table.scan({ segment: 0, totalSegments: 1, limit: probeItems, consistent: true })
  const tookMs = runtime.clock() - before
  if (tookMs * probeShare > options.sliceSeconds * 1000)
    throw new Refusal(
      'slice-too-short',
      `Reading ${probeItems} items of ${table.name} took ${tookMs} ms, too much for slices of ${options.sliceSeconds} s. Raise \`sliceSeconds\` to at least ${Math.ceil((tookMs * probeShare) / 1000)} and deploy again.`,
    )
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
