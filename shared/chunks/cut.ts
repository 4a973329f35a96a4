import type { KeyValue } from '../dynamodb/attributes.ts'
import type { Table } from '../dynamodb/ports.ts'
import { inParallel } from '../runtime/parallel.ts'
import type { RangeChunk } from './chunk.ts'
import { compareKeyValues } from './order.ts'
import { type ReadEnds, readBothEnds } from './range-ends.ts'
import { type Gap, gapBetween, pointsIn } from './unread-gap.ts'

export interface SurveyOptions {
  /** Places to sample in each of the two rounds, roughly. @default 64 */
  points?: number
  /** Items to read on each side of a place. @default 25 */
  itemsPerRead?: number
}

/**
 * A sample of the items in a range. Each run is a list of adjacent sort keys with nothing between them. Between two
 * runs lies a gap, whose items are estimated but not read: `gaps[i]` lies between `runs[i]` and `runs[i + 1]`.
 */
export interface Survey {
  runs: KeyValue[][]
  gaps: Gap[]
  /** The greatest sort key in the range. An empty range has none. */
  last?: KeyValue
  /**
   * Items in the range: counted if `exact`, otherwise estimated. The estimate misses bursts between the sampled places.
   */
  estimatedItems: number
  /** The whole range was read. */
  exact: boolean
}

/** Reads in flight at once. A survey shares its partition (3,000 read units a second) with the slice that needs it. */
const IN_FLIGHT = 8
const ROUNDS = 2

/**
 * Estimates the distribution of the items in a range. Reads both ends, then about 64 places that divide the unread part
 * evenly, then about 64 more, spread by the mass that the first round found. Reads about 10,000 items, eventually
 * consistent; fewer where the keys leave gaps, and never more than there are. Keys written meanwhile may be missed: a
 * survey is an estimate.
 * @throws DynamoDbError as the table does.
 */
export async function surveyRange(
  table: Pick<Table, 'query'>,
  { pk, after, upTo }: Pick<RangeChunk, 'pk' | 'after' | 'upTo'>,
  { points = 64, itemsPerRead = 25 }: SurveyOptions = {},
): Promise<Survey> {
  const read: ReadEnds = (from, to) => readBothEnds(table, pk, from, to, itemsPerRead)
  let survey = surveyOf(await read(after, upTo), itemsPerRead)
  for (let round = 0; round < ROUNDS && !survey.exact; round++) {
    survey = surveyOf(await refine(survey, points, read), itemsPerRead)
  }
  return survey
}

function surveyOf(runs: KeyValue[][], itemsPerRead: number): Survey {
  const gaps = runs
    .slice(1)
    .map((right, index) => gapBetween(runs[index]!.slice(-itemsPerRead), right.slice(0, itemsPerRead)))
  const known = runs.reduce((sum, run) => sum + run.length, 0)
  const last = runs.at(-1)?.at(-1)
  return {
    runs,
    gaps,
    ...(last && { last }),
    estimatedItems: Math.round(gaps.reduce((sum, gap) => sum + gap.mass, known)),
    exact: gaps.length === 0,
  }
}

/** Samples places inside the gaps, spread by mass, and returns all runs known then. */
async function refine({ runs, gaps }: Survey, points: number, read: ReadEnds): Promise<KeyValue[][]> {
  const mass = gaps.reduce((sum, gap) => sum + gap.mass, 0)
  const pieces = gaps.flatMap((gap, index) => {
    const inside = pointsIn(gap, Math.round((points * gap.mass) / mass))
    const bounds = [gap.after, ...inside, gap.before]
    return inside.length === 0 ? [] : bounds.slice(1).map((to, i) => ({ index, from: bounds[i]!, to }))
  })
  const sampled = await inParallel(IN_FLIGHT, pieces, async ({ index, from, to }) => ({
    index,
    found: await read(from, to),
  }))
  const refined = [[...(runs[0] ?? [])]]
  for (const [index, gap] of gaps.entries()) {
    const inside = sampled.filter((piece) => piece.index === index)
    if (inside.length === 0) refined.push([])
    for (const { found } of inside) {
      const [head = [], ...tail] = found.map((run) => run.filter((key) => compareKeyValues(key, gap.before) < 0))
      refined.at(-1)!.push(...head)
      refined.push(...tail)
    }
    refined.at(-1)!.push(...runs[index + 1]!)
  }
  return refined
}

/**
 * Cuts a surveyed range into up to `ways` ranges of about equal mass. Cuts are existing sort keys, strictly ascending,
 * each the upper (inclusive) end of its range. The last cut lies below the greatest key, so no range is empty and each
 * holds fewer items than the whole. Returns no cuts if the range must not be split: it has fewer than two items, or
 * `ways` is below 2.
 */
export function cutsOf({ runs, gaps, last }: Survey, ways: number): KeyValue[] {
  const places: { key: KeyValue; mass: number }[] = []
  let mass = 0
  for (const [index, run] of runs.entries()) {
    for (const key of run) places.push({ key, mass: ++mass })
    mass += gaps[index]?.mass ?? 0
  }
  const inside = places.filter(({ key }) => key !== last)
  const cuts: KeyValue[] = []
  let nearest = 0
  for (let way = 1; way < ways && inside.length > 0; way++) {
    const target = (mass * way) / ways
    const off = (index: number) => Math.abs(inside[index]!.mass - target)
    while (nearest + 1 < inside.length && off(nearest + 1) <= off(nearest)) nearest++
    const { key } = inside[nearest]!
    if (key !== cuts.at(-1)) cuts.push(key)
  }
  return cuts
}
