import type { KeyValue } from '../dynamodb/attributes.ts'
import { compareKeyValues } from './order.ts'
import { otherScaleOf, type Scale, scaleOf } from './scale.ts'

/** An unread part between two existing sort keys, both exclusive. */
export interface Gap {
  after: KeyValue
  before: KeyValue
  /** Estimated items in the gap, from the density of the keys on both sides. */
  mass: number
  scale: Scale
  /** A second scale, where the first may be far off. */
  otherScale?: Scale
}

/** One of this many points in a gap is measured on its second scale. */
const OTHER_SHARE = 4

/** The most items of one partition key: at a partition's 1,000 writes a second, these take thirty years. */
const MOST_ITEMS = 1e12

/**
 * The gap between two runs of adjacent keys, ascending. Its density is that of both runs together: their items over the
 * length of both. A run may lie within one timestamp, where only a counter varies; this keeps the timestamps beside it
 * from seeming as full as that one. (30 items a millisecond under `<timestamp>Z#<counter>`: the geometric mean of both
 * densities estimated 141 times too many, this estimates 1.07 times. Keys that lie evenly, grow steadily or come in
 * clusters are estimated as well as before.)
 */
export function gapBetween(left: KeyValue[], right: KeyValue[]): Gap {
  const samples = [...left, ...right]
  const after = left.at(-1)!
  const before = right[0]!
  const sides = [left, right].filter((run) => run.length > 1)
  let scale = scaleOf(samples)
  let otherScale = otherScaleOf(samples, after, before)
  if (otherScale && unevenness(sides, otherScale) < unevenness(sides, scale)) [scale, otherScale] = [otherScale, scale]
  const width = scale.position(before) - scale.position(after)
  const steps = sides.reduce((sum, run) => sum + run.length - 1, 0)
  const stretch = sides.reduce((sum, run) => sum + scale.position(run.at(-1)!) - scale.position(run[0]!), 0n)
  const mass = stretch === 0n ? 1 : ratio(width * BigInt(steps), stretch)
  return { after, before, mass: Math.max(1, mass), scale, ...(otherScale && { otherScale }) }
}

/**
 * Up to `count` key values that divide a gap evenly, on both of its scales: ascending, strictly inside, valid, not
 * necessarily existing.
 */
export function pointsIn({ after, before, scale, otherScale }: Gap, count: number): KeyValue[] {
  const others = otherScale ? Math.floor(count / OTHER_SHARE) : 0
  const points = [
    ...evenPoints(scale, after, before, count - others),
    ...(otherScale ? evenPoints(otherScale, after, before, others) : []),
  ]
  points.sort(compareKeyValues)
  return points.filter(
    (point, index) =>
      compareKeyValues(point, points[index - 1] ?? after) > 0 &&
      compareKeyValues(point, after) > 0 &&
      compareKeyValues(point, before) < 0,
  )
}

/** A key value near the middle of a gap on one of its scales; none where no value is known to lie inside. */
export function middleOf({ after, before, scale, otherScale }: Gap, on: 'first' | 'other'): KeyValue | undefined {
  const scales = on === 'other' ? [otherScale, scale] : [scale, otherScale]
  for (const each of scales) {
    const [point] = each ? evenPoints(each, after, before, 1) : []
    if (point && compareKeyValues(point, after) > 0 && compareKeyValues(point, before) < 0) return point
  }
  return undefined
}

function evenPoints(scale: Scale, after: KeyValue, before: KeyValue, count: number): KeyValue[] {
  const start = scale.position(after)
  const width = scale.position(before) - start
  return Array.from({ length: count }, (_, index) =>
    scale.valueAt(start + (width * BigInt(index + 1)) / BigInt(count + 1)),
  )
}

/** By how many powers of two the densities of the sides of a gap differ on a scale. */
function unevenness(sides: KeyValue[][], scale: Scale): number {
  const [left, right] = sides.map((run) => {
    const stretch = scale.position(run.at(-1)!) - scale.position(run[0]!)
    return stretch.toString(2).length - Math.log2(run.length - 1)
  })
  return left === undefined || right === undefined ? 0 : Math.abs(left - right)
}

/** a / b to six decimals, at most {@link MOST_ITEMS}. */
function ratio(a: bigint, b: bigint): number {
  const millionths = (a * 1_000_000n) / b
  return millionths > BigInt(MOST_ITEMS * 1e6) ? MOST_ITEMS : Number(millionths) / 1e6
}
