import type { KeyValue } from '../dynamodb/attributes.ts'
import type { Table } from '../dynamodb/ports.ts'
import { inParallel } from '../runtime/parallel.ts'
import type { RangeChunk } from './chunk.ts'
import { compareKeyValues } from './order.ts'
import { type Look, lookAt } from './range-ends.ts'
import { type Gap, gapBetween, pointsIn } from './unread-gap.ts'

export interface SurveyOptions {
  /** Places looked at in each of the two rounds, give or take rounding. @default 64 */
  points?: number
  /** Items read on either side of a place. @default 25 */
  itemsPerRead?: number
}

/**
 * What is known of the items in a range. Each run is a list of adjacent sort keys with nothing between them; between
 * two runs lies a gap whose items were not read, only estimated: `gaps[i]` stands between `runs[i]` and `runs[i + 1]`.
 */
export interface Survey {
  runs: KeyValue[][]
  gaps: Gap[]
  /** The greatest sort key in the range; absent when the range is empty. */
  last?: KeyValue
  /** Items in the range: counted where `exact`, else a guess that ignores bursts between the places looked at. */
  estimatedItems: number
  /** The whole range was seen. */
  exact: boolean
}

/** Reads under way at once: a survey shares its partition (3,000 read units a second) with the slice that asks for it. */
const IN_FLIGHT = 8
const ROUNDS = 2

/**
 * Estimates how the items of a range lie: reads both ends of it, then around 64 places that divide the unseen stretch
 * evenly, then around 64 more, dealt out where the first found the mass. About 10,000 items, eventually consistent; fewer
 * where the keys leave gaps, and never more than there are. Keys written meanwhile may be missed: a survey is an estimate.
 * @throws DynamoDbError as the table does.
 */
export async function surveyRange(
  table: Pick<Table, 'query'>,
  { pk, after, upTo }: Pick<RangeChunk, 'pk' | 'after' | 'upTo'>,
  { points = 64, itemsPerRead = 25 }: SurveyOptions = {},
): Promise<Survey> {
  const look: Look = (from, to) => lookAt(table, pk, from, to, itemsPerRead)
  let survey = surveyOf(await look(after, upTo), itemsPerRead)
  for (let round = 0; round < ROUNDS && !survey.exact; round++) {
    survey = surveyOf(await refine(survey, points, look), itemsPerRead)
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

/** Looks at places inside the gaps, dealt out by mass, and tells the runs that are known then. */
async function refine({ runs, gaps }: Survey, points: number, look: Look): Promise<KeyValue[][]> {
  const mass = gaps.reduce((sum, gap) => sum + gap.mass, 0)
  const pieces = gaps.flatMap((gap, index) => {
    const inside = pointsIn(gap, Math.round((points * gap.mass) / mass))
    const bounds = [gap.after, ...inside, gap.before]
    return inside.length === 0 ? [] : bounds.slice(1).map((to, i) => ({ index, from: bounds[i]!, to }))
  })
  const looked = await inParallel(IN_FLIGHT, pieces, async ({ index, from, to }) => ({
    index,
    found: await look(from, to),
  }))
  const refined = [[...(runs[0] ?? [])]]
  for (const [index, gap] of gaps.entries()) {
    const inside = looked.filter((piece) => piece.index === index)
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
 * Where to cut a surveyed range into up to `ways` ranges of about equal mass: existing sort keys, strictly ascending,
 * each the upper (inclusive) end of its range, the last one below the greatest key, so that no range is empty and each
 * holds fewer items than the whole. Empty means do not split: there are not two items to part, or `ways` is below 2.
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
