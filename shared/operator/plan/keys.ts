import { surveyRange } from '../../chunks/cut.ts'
import { decodeKeyValue, encodeKeyValue } from '../../dynamodb/key.ts'
import type { Table } from '../../dynamodb/ports.ts'
import type { HeavyKey } from '../../ledger/heavy.ts'
import { inParallel } from '../../runtime/parallel.ts'
import type { Sample } from './sample.ts'
import { partitionWriteUnits } from './units.ts'

/** A survey reads up to 13,000 items, so no more keys than this are measured: 260,000 items. */
const mostSurveys = 20
const surveysInFlight = 2

/** An estimate is trusted within this factor: `test/unit/chunks/estimates.test.ts` holds it to that. */
const trusted = 3

/** The forecast of one partition key that is known or suspected to be big. */
export interface KeyForecast {
  /** As `encodeKeyValue` writes it. */
  key: string
  /** `remembered`: an earlier run had to split it; `sampled`: it filled a whole page just now. */
  from: 'remembered' | 'sampled'
  items: number
  /** It may have as few or as many as this. `least` is never below what was read, `most` never above the table's count. */
  least: number
  most: number
  /** Counted to the end, not estimated. */
  exact: boolean
  /** Least time to write it: its items land in one partition of the destination. */
  seconds: number
  /** Whether one slice is enough for it even if it has `most` items. */
  fits: boolean
  /** It does not fit for sure, but would with `least` items. */
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
      const { estimatedItems, between, exact, runs } = await surveyRange(table, { pk })
      const read = runs.flat().length
      // A key holds no more than its table, which may have grown since it was counted.
      const bound = itemCount > 0 ? Math.max(itemCount, sampled, read) : Number.POSITIVE_INFINITY
      const items = exact ? estimatedItems : Math.min(estimatedItems, bound)
      const least = exact ? items : Math.min(items, Math.max(read, Math.min(between[0], Math.floor(items / trusted))))
      const most = exact ? items : Math.min(bound, Math.max(between[1], items * trusted))
      const secondsOf = (count: number) => (count * units) / partitionWriteUnits
      const fits = secondsOf(most) <= sliceSeconds
      const uncertain = !fits && secondsOf(least) <= sliceSeconds
      return { key, from, items, least, most, exact, seconds: secondsOf(items), fits, uncertain }
    },
  )
  keys.sort((a, b) => b.seconds - a.seconds)
  return { keys, unmeasured: Math.max(0, found.size - mostSurveys) }
}
