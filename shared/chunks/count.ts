import type { KeyValue } from '../dynamodb/attributes.ts'
import { inParallel } from '../runtime/parallel.ts'
import { compareKeyValues } from './order.ts'
import type { ReadSide } from './range-ends.ts'
import { type Gap, gapBetween, middleOf } from './unread-gap.ts'

/** An unread gap with the runs of adjacent keys on either side of it. */
export interface OpenGap {
  left: KeyValue[]
  right: KeyValue[]
  gap: Gap
}

/** How many items some gaps hold together, and what was found in each of those that were looked into. */
export interface GapCount {
  items: number
  /** Most likely between these: 95 of 100 counts are. */
  least: number
  most: number
  /** Found by descents, by the index of the gap. */
  byGap: Map<number, number>
}

/** Items read on each side of a place. */
const SIDE = 4
/** Halvings of one gap at most: enough for 10^8 items, if each halves the items. */
const MOST_HALVINGS = 24
/** Keys on each side from which a descent learns the alphabet of the keys. */
const LEARNT_FROM = 12
/** Descents under way at once; each has two reads in flight. */
const IN_FLIGHT = 4

/**
 * Estimates the items in gaps without trusting their densities: by descents. A descent halves a gap, reads a few items
 * on both sides of the middle, and continues in one half, chosen by lot, until nothing is unread. An item found after n
 * choices counts 2^n times. So on average the result is the number of items in the gap, however its keys are spelled
 * and spread, and the spread of the descents shows how far it may be off. Source: D. Knuth, "Estimating the efficiency
 * of backtrack programs" (1975).
 *
 * Gaps are chosen half by mass and half evenly, because a mass may be wrong a thousandfold. The lots are fixed numbers:
 * the same items give the same estimate.
 * @param descents how many; each reads about 45 items with 8 times 2 reads.
 */
export async function countGaps(open: OpenGap[], descents: number, read: ReadSide): Promise<GapCount> {
  const mass = open.reduce((sum, { gap }) => sum + gap.mass, 0)
  const chances = open.map(({ gap }) => (gap.mass / mass + 1 / open.length) / 2)
  const drawn: number[] = []
  let reached = 0
  for (const [index, chance] of chances.entries()) {
    reached += chance
    while (drawn.length < descents && (drawn.length + 0.5) / descents < reached) drawn.push(index)
  }
  const found = await inParallel(IN_FLIGHT, [...drawn.entries()], async ([draw, index]) => ({
    index,
    items: await descend(open[index]!, lots(draw), read),
  }))
  const estimates = found.map(({ index, items }) => items / chances[index]!)
  const mean = average(estimates)
  const byGap = new Map<number, number>()
  for (const [index, same] of Map.groupBy(found, (each) => each.index))
    byGap.set(index, average(same.map(({ items }) => items)))
  const off = uncertainty(estimates, mean)
  return { items: mean, least: Math.max(0, mean - off), most: mean + off, byGap }
}

/** Estimates the items of one gap. */
async function descend({ left, right }: OpenGap, chooseRight: () => boolean, read: ReadSide): Promise<number> {
  let below = left.slice(-LEARNT_FROM)
  let above = right.slice(0, LEARNT_FROM)
  let weight = 1
  let items = 0
  for (let halving = 0; halving < MOST_HALVINGS; halving++) {
    const gap = gapBetween(below, above)
    // In turn, because either scale may be far off: then one half holds nearly everything.
    const middle = middleOf(gap, halving % 2 === 1 ? 'other' : 'first')
    const [tails, heads] = await Promise.all([
      middle ? read(gap.after, middle, SIDE, 'end') : { keys: [], more: false },
      read(middle ?? gap.after, gap.before, SIDE, 'start'),
    ])
    const inside = heads.keys.filter((key) => compareKeyValues(key, gap.before) < 0)
    items += weight * (tails.keys.length + inside.length)
    const moreRight = heads.more && inside.length === heads.keys.length
    if (!tails.more && !moreRight) return items
    if (tails.more && moreRight) weight *= 2
    if (moreRight && (!tails.more || chooseRight()))
      below = [...(middle ? tails.keys.slice(-2) : below), ...inside].slice(-LEARNT_FROM)
    else above = [...tails.keys, ...inside.slice(0, 2)].slice(0, LEARNT_FROM)
  }
  return items + weight * gapBetween(below, above).mass
}

/** How far the mean of these estimates may be off: their standard error, times Student's t for 95 %, roughly. */
function uncertainty(estimates: number[], mean: number): number {
  const count = estimates.length
  if (count < 2) return mean
  const variance = estimates.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (count - 1)
  return (2 + 4 / (count - 1)) * Math.sqrt(variance / count)
}

function average(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** A fixed sequence of lots for each descent: the bits of murmur3's finaliser over a Weyl sequence. */
function lots(descent: number): () => boolean {
  let state = Math.imul(descent + 1, 0x85ebca6b)
  return () => {
    state = (state + 0x9e3779b9) | 0
    let hash = Math.imul(state ^ (state >>> 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    return ((hash ^ (hash >>> 16)) & 1) === 1
  }
}
