import type { KeyValue } from '../dynamodb/attributes.ts'
import { compareKeyValues } from './order.ts'
import { type Scale, scaleOf } from './scale.ts'

/** An unread stretch between two existing sort keys, both exclusive. */
export interface Gap {
  after: KeyValue
  before: KeyValue
  /** Items in it, estimated from how densely the keys on either side of it lie. */
  mass: number
  scale: Scale
}

/** No key holds more: at a partition's 1,000 writes a second these take thirty years. */
const MOST_ITEMS = 1e12

/**
 * The gap between two runs of adjacent keys, ascending. Its density is that of both runs together: their items over the
 * stretch of both. So a run that lies within one timestamp, where only a counter moves, does not make the timestamps
 * beside it look as full of counters as the one it saw. (30 items a millisecond, under `<timestamp>Z#<counter>`: the
 * geometric mean of both densities guessed 141 times too many, this guesses 1.07 times. Keys that lie evenly, grow steadily
 * or come in clusters are guessed as well as before.)
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

/** a / b to six decimals, up to what a key can hold. */
function ratio(a: bigint, b: bigint): number {
  const millionths = (a * 1_000_000n) / b
  return millionths > BigInt(MOST_ITEMS * 1e6) ? MOST_ITEMS : Number(millionths) / 1e6
}
