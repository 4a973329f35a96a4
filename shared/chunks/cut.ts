import type { KeyValue } from '../dynamodb/attributes.ts'
import type { Table } from '../dynamodb/ports.ts'
import { inParallel } from '../runtime/parallel.ts'
import type { RangeChunk } from './chunk.ts'
import { countGaps } from './count.ts'
import { compareKeyValues } from './order.ts'
import { type ReadSide, readBothEnds, sidesOf } from './range-ends.ts'
import { type Gap, gapBetween, pointsIn } from './unread-gap.ts'

export interface SurveyOptions {
  /** Places to sample in each of the two rounds, roughly. @default 64 */
  points?: number
  /** Items to read on each side of a place. @default 25 */
  itemsPerRead?: number
  /** Descents by which its items are estimated; without any, only the density of the places tells. @default 32 */
  descents?: number
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
  /** Items in the range: counted if `exact`, otherwise estimated. */
  estimatedItems: number
  /** The items are most likely between these two. The first is never below what was read. */
  between: readonly [least: number, most: number]
  /** The whole range was read. */
  exact: boolean
}

/** Reads in flight at once. A survey shares its partition (3,000 read units a second) with the slice that needs it. */
const IN_FLIGHT = 8
const ROUNDS = 2

/** The share of the places that is spread evenly over all gaps, because a mass may be far too low. */
const EVENLY = 0.25
/** A mass that is wrong by more than this factor is replaced by what a descent has found. */
const FAR_OFF = 8

/**
 * Estimates the distribution of the items in a range. Reads both ends, then about 64 places that divide the unread part
 * evenly, then about 64 more, spread by the mass that the first round found; then counts by descents. Reads about
 * 12,000 items, eventually consistent; fewer where the keys leave gaps. Keys written meanwhile may be missed: a survey
 * is an estimate.
 * @throws DynamoDbError as the table does.
 */
export async function surveyRange(
  table: Pick<Table, 'query'>,
  { pk, after, upTo }: Pick<RangeChunk, 'pk' | 'after' | 'upTo'>,
  { points = 64, itemsPerRead = 25, descents = 32 }: SurveyOptions = {},
): Promise<Survey> {
  const read = sidesOf(table, pk)
  let survey = surveyOf(await readBothEnds(read, after, upTo, itemsPerRead), itemsPerRead)
  for (let round = 0; round < ROUNDS && !survey.exact; round++) {
    survey = surveyOf(await refine(survey, points, itemsPerRead, read), itemsPerRead)
  }
  return survey.exact || descents === 0 ? survey : count(survey, descents, read)
}

function surveyOf(runs: KeyValue[][], itemsPerRead: number): Survey {
  const gaps = runs
    .slice(1)
    .map((right, index) => gapBetween(runs[index]!.slice(-itemsPerRead), right.slice(0, itemsPerRead)))
  const known = runs.reduce((sum, run) => sum + run.length, 0)
  const last = runs.at(-1)?.at(-1)
  const exact = gaps.length === 0
  return {
    runs,
    gaps,
    ...(last && { last }),
    estimatedItems: Math.round(gaps.reduce((sum, gap) => sum + gap.mass, known)),
    between: [known, exact ? known : Number.POSITIVE_INFINITY],
    exact,
  }
}

/** The same survey with its items counted by descents, and with masses that they have shown to be far off replaced. */
async function count(survey: Survey, descents: number, read: ReadSide): Promise<Survey> {
  const { runs, gaps, between } = survey
  const [known] = between
  const open = gaps.map((gap, index) => ({ gap, left: runs[index]!, right: runs[index + 1]! }))
  const { items, least, most, byGap } = await countGaps(open, descents, read)
  const mended = gaps.map((gap, index): Gap => {
    const found = byGap.get(index) ?? Math.min(gap.mass, items)
    const isFarOff = found * FAR_OFF < gap.mass || found > gap.mass * FAR_OFF
    return isFarOff ? { ...gap, mass: Math.max(1, found) } : gap
  })
  return {
    ...survey,
    gaps: mended,
    estimatedItems: Math.round(known + items),
    between: [Math.round(known + least), Math.round(known + most)],
  }
}

/** Samples places inside the gaps, and returns all runs known then. */
async function refine(
  { runs, gaps }: Survey,
  points: number,
  itemsPerRead: number,
  read: ReadSide,
): Promise<KeyValue[][]> {
  const places = divided(points, gaps)
  const pieces = gaps.flatMap((gap, index) => {
    const inside = pointsIn(gap, places[index]!)
    const bounds = [gap.after, ...inside, gap.before]
    return inside.length === 0 ? [] : bounds.slice(1).map((to, i) => ({ index, from: bounds[i]!, to }))
  })
  const sampled = await inParallel(IN_FLIGHT, pieces, async ({ index, from, to }) => ({
    index,
    found: await readBothEnds(read, from, to, itemsPerRead),
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

/** Divides places among gaps: by mass, but some of them evenly. */
function divided(places: number, gaps: Gap[]): number[] {
  const mass = gaps.reduce((sum, gap) => sum + gap.mass, 0)
  let due = 0.5
  return gaps.map((gap) => {
    due += places * ((1 - EVENLY) * (gap.mass / mass) + EVENLY / gaps.length)
    const whole = Math.floor(due)
    due -= whole
    return whole
  })
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
