import { newTableWriteUnits, partitionWriteUnits } from '../../../shared/operator/plan/units.ts'
import { Dice } from './dice.ts'

/** A table to be copied, and what copies it. */
export interface Workload {
  items: number
  bytesPerItem: number
  /** Zipf's exponent: the key of rank i has a share in proportion to i to the power of minus this. 0: no key is heavy. */
  skew: number
  /** Instead of a skew: one heavy key of so many items. */
  heavyItems?: number
  /** Slices at work at once. */
  workers: number
  /** Write units a second that the destination takes at first. */
  warm: number
  /** What it takes at most, after it has doubled as often as on-demand tables may. */
  most: number
  /** Minutes after which DynamoDB has split a hot key's partition for heat once more. @default never: the key stays in one */
  heatMinutes?: number
  /** Items a second that a slice copies while nothing throttles it. @default 1,000 */
  speed?: number
  /** An earlier run has split the heaviest keys: they are roots of their own. */
  isKnown?: boolean
  seed: number
}

/** A key that may take a slice minutes. */
export interface HeavyKey {
  items: number
  /** Write units. */
  units: number
  /** Where it lies in the table, from 0 to 1: by the hash of the key. */
  place: number
}

/** Items a second that a slice copies while nothing throttles it, unless the workload says otherwise. Nobody has measured it on AWS. */
const itemsPerSecond = 1_000

/** Keys that take a slice less than this are not looked at one by one: no slice finds them hot. */
const lightSeconds = 150

export const speedOf = ({ speed = itemsPerSecond }: Workload) => speed

export const unitsPerItem = ({ bytesPerItem }: Workload) => Math.max(1, Math.ceil(bytesPerItem / 1_024))

/** A new on-demand table, which doubles up to the quota that every account has. */
export const cold = { warm: newTableWriteUnits, most: 40_000 }

/** One that was warmed up to what all workers can write. */
export function warmFor(workers: number) {
  return { warm: workers * partitionWriteUnits, most: workers * partitionWriteUnits }
}

/** The heavy keys of a table, heaviest first, each at a place of its own. */
export function heavyKeys(workload: Workload): HeavyKey[] {
  const { items, skew, heavyItems, seed } = workload
  const dice = new Dice(seed)
  const units = unitsPerItem(workload)
  const sizes = heavyItems === undefined ? zipf(items, skew, lightSeconds * speedOf(workload)) : [heavyItems]
  return sizes.map((size) => ({ items: size, units: size * units, place: dice.next() }))
}

function zipf(items: number, skew: number, least: number): number[] {
  if (skew === 0) return []
  // One key for each ten items; the sum of their shares by Euler and Maclaurin, beyond the first thousand.
  const keys = items / 10
  let sum = 0
  for (let rank = 1; rank < 1_000; rank++) sum += rank ** -skew
  sum += skew === 1 ? Math.log(keys / 1_000) : (keys ** (1 - skew) - 1_000 ** (1 - skew)) / (1 - skew)
  const sizes: number[] = []
  for (let rank = 1; ; rank++) {
    const size = Math.floor((items * rank ** -skew) / sum)
    if (size < least) return sizes
    sizes.push(size)
  }
}
