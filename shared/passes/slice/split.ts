import type { RangeChunk } from '../../chunks/chunk.ts'
import { cutsOf, type Survey, surveyRange } from '../../chunks/cut.ts'
import { restOfKey, splitChunk } from '../../chunks/split.ts'
import { DynamoDbError } from '../../dynamodb/errors.ts'
import { encodeKeyValue } from '../../dynamodb/key.ts'
import type { Table } from '../../dynamodb/ports.ts'
import { type ChunkRecord, countOpen, newChunk, recordSplit } from '../../ledger/chunks.ts'
import { StoppedError } from '../../ledger/fencing.ts'
import { rememberHeavy } from '../../ledger/heavy.ts'
import type { Runtime } from '../../runtime/ports.ts'
import type { Capacity } from './capacity.ts'
import type { SliceEngine } from './engine.ts'
import type { Outcome } from './outcome.ts'
import type { PageSize } from './page-size.ts'
import { splitOutcome } from './start.ts'

/** Fewest and most ranges of one split. A key that needs more is split again later. */
const fewestWays = 2
const mostWays = 16

/**
 * Places that a survey samples: 64 are enough for any key (docs/architecture.md §4). One per 1,000 items keeps the
 * survey of a small key (two rounds, 50 items a place) at a tenth of the rest of it. A first survey of 4 places decides
 * whether a second is worth its reads. Its estimate may be off a thousandfold, so that the second one counts by
 * descents, too.
 */
const fewestPoints = 4
const mostPoints = 64
const itemsPerPoint = 1_000
/** Descents for each place. Each takes about as long as four places. */
const descentsPerPoint = 1 / 2
const fewestDescents = 8
const pointsPerDescent = 4

/** Whether so many items of a key can be done in the time left to a slice: then it is not split. */
export function fitsInto(timeMs: number, items: number, msPerItem: number): boolean {
  return items * msPerItem < timeMs
}

/**
 * How many ranges so many items of a key are split into, so that each ends within `splitAfterMs`, as far as the limits allow.
 * @param spare slots that nobody needs, besides the one that the key has: at least 1, or it does not pay to split.
 */
export function waysFor(
  items: number,
  msPerItem: number,
  splitAfterMs: number,
  spare = Number.POSITIVE_INFINITY,
): number {
  const wanted = Math.max(fewestWays, Math.ceil((items * msPerItem) / splitAfterMs))
  return Math.min(mostWays, wanted, Math.max(fewestWays, spare + 1))
}

/**
 * Splits a chunk in a hot key, if that pays. It does not pay if other chunks need every slot, if the rest of the key fits
 * into this slice, or if its keys cannot be divided into two ranges.
 * @param msPerItem average time of an item of this key so far, ms.
 * @returns the outcome `split`; `taken` when a newer slice has the chunk; or `undefined` to continue without
 * splitting.
 */
export async function trySplit(
  parent: ChunkRecord,
  table: Table,
  msPerItem: number,
  engine: SliceEngine,
  pageSize: PageSize,
  capacity: Pick<Capacity, 'atOnce' | 'partOfChild'>,
): Promise<Outcome | 'taken' | undefined> {
  const { ledger, runtime, deadline, splitAfterMs } = engine
  const { cursor, chunk } = parent
  if (!cursor?.sk) return undefined
  const key = encodeKeyValue(cursor.pk)
  const unsplittable = (reason: string) =>
    runtime.emit({ code: 'chunk.unsplittable', run: parent.run, chunk: parent.id, reason, key })
  const fits = (items: number) => fitsInto(deadline.remainingMs() - pageSize.reserveMs, items, msPerItem)
  const slots = capacity.atOnce.wanted
  const spare = slots - (await countOpen(ledger, parent.run, parent.pass, slots))
  if (spare < 1) return undefined
  const timeMs = Math.max(0, deadline.remainingMs() - pageSize.reserveMs)
  const survey = await surveyLeft(table, restOfKey(chunk, cursor), fits, timeMs, runtime)
  if (typeof survey === 'string') {
    if (survey !== 'fits') unsplittable(survey)
    return undefined
  }
  const cuts = cutsOf(survey, waysFor(survey.estimatedItems, msPerItem, splitAfterMs, spare))
  if (cuts.length === 0) {
    unsplittable('fewer than two items are left')
    return undefined
  }
  const now = runtime.clock()
  const made = splitChunk(parent.id, chunk, cursor, cuts)
  const joined = { at: now, part: capacity.partOfChild(made.length) }
  const children = made.map((child) => ({
    ...newChunk(parent.run, parent.pass, child.id, child.chunk, now),
    joined,
  }))
  const split: ChunkRecord = { ...parent, state: 'split', splitKey: key, children: children.map((child) => child.id) }
  if (!(await recordSplit(ledger, split, children))) return 'taken'
  const items = survey.estimatedItems
  await rememberHeavy(ledger, table.name, { pk: cursor.pk, items, run: parent.run, seenAt: now })
  runtime.emit({
    code: 'chunk.split',
    run: parent.run,
    chunk: parent.id,
    ways: cuts.length + 1,
    estimatedItems: survey.estimatedItems,
    key,
  })
  return splitOutcome(split)
}

/**
 * Surveys a few places first, then as many as the result and the time allow. With little time the first survey must do:
 * cuts need not be even, because their ranges split again.
 */
async function surveyLeft(
  table: Table,
  range: RangeChunk,
  fits: (items: number) => boolean,
  timeMs: number,
  { clock, sleep }: Pick<Runtime, 'clock' | 'sleep'>,
): Promise<Survey | 'fits' | 'no time is left to survey it' | 'the table refuses start keys that do not exist'> {
  const began = clock()
  const wake = new AbortController()
  const late = sleep(timeMs, wake.signal).then(() => 'no time is left to survey it' as const)
  /** Starts no read once time is up. */
  const query: Table['query'] = (request) =>
    clock() - began >= timeMs ? Promise.reject(new DynamoDbError('unavailable', 'late')) : table.query(request)
  const survey = async () => {
    const glance = await surveyRange({ query }, range, { points: fewestPoints, descents: 0 })
    if (fits(glance.estimatedItems)) return 'fits'
    const perPointMs = (clock() - began) / fewestPoints
    const affordable = (timeMs / 2 - (clock() - began)) / perPointMs / (1 + descentsPerPoint * pointsPerDescent)
    const points = Math.floor(Math.min(mostPoints, Math.ceil(glance.estimatedItems / itemsPerPoint), affordable))
    if (points <= fewestPoints) return glance
    const descents = Math.max(fewestDescents, points * descentsPerPoint)
    const full = await surveyRange({ query }, range, { points, descents }).catch((error) => {
      if (StoppedError.is(error)) throw error
      return glance
    })
    return fits(full.estimatedItems) ? 'fits' : full
  }
  const surveying = survey()
  surveying.catch(() => {}) // Thrown below, unless time is up first.
  try {
    return await Promise.race([surveying, late])
  } catch (error) {
    if (!DynamoDbError.is(error)) throw error
    if (error.code === 'invalid-request') return 'the table refuses start keys that do not exist'
    if (clock() - began >= timeMs) return 'no time is left to survey it'
    throw error
  } finally {
    wake.abort()
  }
}
