import { cutsOf, surveyRange } from '../chunks/cut.ts'
import { splitChunk } from '../chunks/split.ts'
import { encodeKeyValue } from '../dynamodb/key.ts'
import type { Table } from '../dynamodb/ports.ts'
import { type ChunkRecord, newChunk, recordSplit } from '../ledger/chunks.ts'
import { rememberHeavy } from '../ledger/heavy.ts'
import type { Outcome } from '../run/outcome.ts'
import type { Pace } from './pace.ts'
import type { SliceEngine } from './slice.ts'
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
 * @returns the outcome `split`, `fenced` when a newer slice has the chunk, or `undefined` to go on without splitting.
 */
export async function trySplit(
  parent: ChunkRecord,
  source: string,
  table: Table,
  msPerItem: number,
  engine: SliceEngine,
  pace: Pace,
): Promise<Outcome | 'fenced' | undefined> {
  const { ledger, runtime, deadline, splitAfterMs } = engine
  const { cursor, chunk } = parent
  if (!cursor?.sk) return undefined
  const key = encodeKeyValue(cursor.pk)
  const upTo = chunk.kind === 'range' ? chunk.upTo : undefined
  const range = { pk: cursor.pk, after: cursor.sk, ...(upTo && { upTo }) }
  const glance = await surveyRange(table, range, { points: fewestPoints })
  if (glance.estimatedItems * msPerItem < deadline.remainingMs() - pace.reserveMs) return undefined
  const points = Math.min(mostPoints, Math.max(fewestPoints, Math.ceil(glance.estimatedItems / itemsPerPoint)))
  const survey = points > fewestPoints ? await surveyRange(table, range, { points }) : glance
  const leftMs = survey.estimatedItems * msPerItem
  const ways = Math.min(mostWays, Math.max(fewestWays, Math.ceil(leftMs / splitAfterMs)))
  const cuts = cutsOf(survey, ways)
  if (cuts.length === 0) {
    const reason = 'fewer than two distinct ranges are left'
    runtime.emit({ code: 'chunk.unsplittable', run: parent.run, chunk: parent.id, reason, key })
    return undefined
  }
  const now = runtime.clock()
  const children = splitChunk(parent.id, chunk, cursor, cuts).map((child) =>
    newChunk(parent.run, parent.pass, child.id, child.chunk, now),
  )
  const split: ChunkRecord = { ...parent, state: 'split', splitKey: key, children: children.map((child) => child.id) }
  if (!(await recordSplit(ledger, split, children))) return 'fenced'
  await rememberHeavy(ledger, source, { pk: cursor.pk, items: survey.estimatedItems, seenAt: now })
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
