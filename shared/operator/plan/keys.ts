import { surveyRange } from '../../chunks/cut.ts'
import { decodeKeyValue, encodeKeyValue } from '../../dynamodb/key.ts'
import type { Table } from '../../dynamodb/ports.ts'
import type { HeavyKey } from '../../ledger/heavy.ts'
import { inParallel } from '../../runtime/parallel.ts'
import type { Sample } from './sample.ts'
import { partitionWriteUnits } from './units.ts'

/** A survey reads up to 6,600 items, so no more keys than this are measured: 130,000 items. */
const mostSurveys = 20
const surveysInFlight = 2

/** An estimate is trusted within this factor: `test/unit/chunks/density.test.ts` holds it to that. */
const estimateFactor = 3

/** The forecast of one partition key that is known or suspected to be big. */
export interface KeyForecast {
  /** As `encodeKeyValue` writes it. */
  key: string
  /** `remembered`: an earlier run had to split it; `sampled`: it filled a whole page just now. */
  from: 'remembered' | 'sampled'
  items: number
  /** Counted to the end, not estimated. */
  exact: boolean
  /** Least time to write it: its items land in one partition of the destination. */
  seconds: number
  /** Whether one slice is enough for it; if its items are estimated, even for three times as many. */
  fits: boolean
  /** Whether `fits` is uncertain: an estimate may be wrong by a factor of three. */
  uncertain: boolean
}

/**
 * Measures the keys remembered as heavy and those that filled a page of the sample, as they are now: a key may have grown.
 * @param itemCount the table's own, no more than six hours old; 0 if unknown.
 * @returns `unmeasured` counts the keys beyond the limit.
 * @throws DynamoDbError as the table does.
 */
export async function forecastKeys(
  table: Table,
  remembered: readonly HeavyKey[],
  sample: Sample,
  sliceSeconds: number,
  itemCount: number,
): Promise<{ keys: KeyForecast[]; unmeasured: number }> {
  if (!table.schema.sk) return { keys: [], unmeasured: 0 }
  const { writeUnits, items: sampled } = sample.sums
  const mean = writeUnits === 0 ? 1 : writeUnits / sampled
  const found = new Map<string, { pk: HeavyKey['pk']; from: KeyForecast['from']; units: number }>()
  for (const { pk } of remembered) found.set(encodeKeyValue(pk), { pk, from: 'remembered', units: mean })
  for (const { key, writeUnitsPerItem } of sample.fullPages) {
    const from = found.get(key)?.from ?? 'sampled'
    found.set(key, { pk: decodeKeyValue(key), from, units: writeUnitsPerItem })
  }
  const keys = await inParallel(
    surveysInFlight,
    [...found].slice(0, mostSurveys),
    async ([key, { pk, from, units }]) => {
      const { estimatedItems, exact, runs } = await surveyRange(table, { pk })
      // A key holds no more than its table, which may have grown since it was counted.
      const most = itemCount > 0 ? Math.max(itemCount, runs.flat().length) : Number.POSITIVE_INFINITY
      const items = exact ? estimatedItems : Math.min(estimatedItems, most)
      const seconds = (items * units) / partitionWriteUnits
      const factor = exact ? 1 : estimateFactor
      const fits = seconds * factor <= sliceSeconds
      return { key, from, items, exact, seconds, fits, uncertain: !fits && seconds / factor <= sliceSeconds }
    },
  )
  keys.sort((a, b) => b.seconds - a.seconds)
  return { keys, unmeasured: Math.max(0, found.size - mostSurveys) }
}
