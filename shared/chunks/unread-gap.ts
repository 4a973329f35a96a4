import type { KeyValue } from '../dynamodb/attributes.ts'
import { compareKeyValues } from './order.ts'
import { type Scale, scaleOf } from './scale.ts'

/** An unread part between two existing sort keys, both exclusive. */
export interface Gap {
  after: KeyValue
  before: KeyValue
  /** Estimated items in the gap, from the density of the keys on both sides. */
  mass: number
  scale: Scale
}

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
  const scale = scaleOf([...left, ...right])
  const after = left.at(-1)!
  const before = right[0]!
  const width = scale.position(before) - scale.position(after)
  const sides = [left, right].filter((run) => run.length > 1)
  const steps = sides.reduce((sum, run) => sum + run.length - 1, 0)
  const stretch = sides.reduce((sum, run) => sum + scale.position(run.at(-1)!) - scale.position(run[0]!), 0n)
  const mass = stretch === 0n ? 1 : ratio(width * BigInt(steps), stretch)
  return { after, before, mass: Math.max(1, mass), scale }
}

/** Up to `count` key values that divide a gap evenly: ascending, strictly inside, valid, not necessarily existing. */
export function pointsIn({ after, before, scale }: Gap, count: number): KeyValue[] {
  const start = scale.position(after)
  const width = scale.position(before) - start
  const points: KeyValue[] = []
  for (let index = 1; index <= count; index++) {
    const point = scale.valueAt(start + (width * BigInt(index)) / BigInt(count + 1))
    if (compareKeyValues(point, points.at(-1) ?? after) > 0 && compareKeyValues(point, before) < 0) points.push(point)
  }
  return points
}

/** a / b to six decimals, at most {@link MOST_ITEMS}. */
function ratio(a: bigint, b: bigint): number {
  const millionths = (a * 1_000_000n) / b
  return millionths > BigInt(MOST_ITEMS * 1e6) ? MOST_ITEMS : Number(millionths) / 1e6
}
