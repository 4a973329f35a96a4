import type { RangeChunk } from '../../chunks/chunk.ts'
import { cutsOf, type Survey, surveyRange } from '../../chunks/cut.ts'
import { restOfKey, splitChunk } from '../../chunks/split.ts'
import { DynamoDbError } from '../../dynamodb/errors.ts'
import { encodeKeyValue } from '../../dynamodb/key.ts'
import type { Table } from '../../dynamodb/ports.ts'
import { type ChunkRecord, newChunk, recordSplit } from '../../ledger/chunks.ts'
import { rememberHeavy } from '../../ledger/heavy.ts'
import type { Runtime } from '../../runtime/ports.ts'
import type { SliceEngine } from './engine.ts'
import type { Outcome } from './outcome.ts'
import type { PageSize } from './page-size.ts'
import { splitOutcome } from './start.ts'

/** Fewest and most ranges one split makes; a key that needs more is split again further down. */
const fewestWays = 2
const mostWays = 16

/**
 * Places a survey looks at: 64 suffice for any key (docs/architecture.md §4), and one per 1,000 items keeps what is read for the
 * survey (two rounds, 50 items a place) at a tenth of what is left of a small one. A glance of 4 decides whether to.
 */
const fewestPoints = 4
const mostPoints = 64
const itemsPerPoint = 1_000

/**
 * Splits a chunk that stands in a hot key, if that pays: not when what is left of the key fits into the rest of this
 * slice, and not when its keys cannot be told apart enough for two ranges. The number of ways is what would let each
 * range end within `splitAfterMs` at the speed seen so far.
 * @param msPerItem what an item of this key has taken so far, ms.
 * @returns the outcome `split`, `fenced` when a newer slice has the chunk, or `undefined` to go on without splitting.
 */
export async function trySplit(
  parent: ChunkRecord,
  table: Table,
  msPerItem: number,
  engine: SliceEngine,
  pageSize: PageSize,
): Promise<Outcome | 'fenced' | undefined> {
  const { ledger, runtime, deadline, splitAfterMs } = engine
  const { cursor, chunk } = parent
  if (!cursor?.sk) return undefined
  const key = encodeKeyValue(cursor.pk)
  const unsplittable = (reason: string) =>
    runtime.emit({ code: 'chunk.unsplittable', run: parent.run, chunk: parent.id, reason, key })
  const fits = (items: number) => items * msPerItem < deadline.remainingMs() - pageSize.reserveMs
  const timeMs = Math.max(0, deadline.remainingMs() - pageSize.reserveMs)
  const survey = await surveyLeft(table, restOfKey(chunk, cursor), fits, timeMs, runtime)
  if (typeof survey === 'string') {
    if (survey !== 'fits') unsplittable(survey)
    return undefined
  }
  const ways = Math.ceil((survey.estimatedItems * msPerItem) / splitAfterMs)
  const cuts = cutsOf(survey, Math.min(mostWays, Math.max(fewestWays, ways)))
  if (cuts.length === 0) {
    unsplittable('fewer than two items are left')
    return undefined
  }
  const now = runtime.clock()
  const children = splitChunk(parent.id, chunk, cursor, cuts).map((child) =>
    newChunk(parent.run, parent.pass, child.id, child.chunk, now),
  )
  const split: ChunkRecord = { ...parent, state: 'split', splitKey: key, children: children.map((child) => child.id) }
  if (!(await recordSplit(ledger, split, children))) return 'fenced'
  await rememberHeavy(ledger, table.name, { pk: cursor.pk, items: survey.estimatedItems, seenAt: now })
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
 * A glance first, and a survey in proportion to what it shows and to the time there is; with little time the glance has to
 * do: cuts need not be fair, their ranges split again.
 */
async function surveyLeft(
  table: Table,
  range: RangeChunk,
  fits: (items: number) => boolean,
  timeMs: number,
  { clock, sleep }: Pick<Runtime, 'clock' | 'sleep'>,
): Promise<Survey | 'fits' | 'no time is left to look at it' | 'the table refuses start keys that do not exist'> {
  const began = clock()
  const wake = new AbortController()
  const late = sleep(timeMs, wake.signal).then(() => 'no time is left to look at it' as const)
  /** Once time is up no further read begins. */
  const query: Table['query'] = (request) =>
    clock() - began >= timeMs ? Promise.reject(new DynamoDbError('unavailable', 'late')) : table.query(request)
  const look = async () => {
    const glance = await surveyRange({ query }, range, { points: fewestPoints })
    if (fits(glance.estimatedItems)) return 'fits'
    const perPointMs = (clock() - began) / fewestPoints
    const affordable = Math.floor((timeMs / 2 - (clock() - began)) / perPointMs)
    const points = Math.min(mostPoints, Math.ceil(glance.estimatedItems / itemsPerPoint), affordable)
    return points > fewestPoints ? surveyRange({ query }, range, { points }).catch(() => glance) : glance
  }
  const looking = look()
  looking.catch(() => {}) // Thrown below, unless time is up first.
  try {
    return await Promise.race([looking, late])
  } catch (error) {
    if (!DynamoDbError.is(error)) throw error
    if (error.code === 'invalid-request') return 'the table refuses start keys that do not exist'
    if (clock() - began >= timeMs) return 'no time is left to look at it'
    throw error
  } finally {
    wake.abort()
  }
}
