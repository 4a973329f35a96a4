import { prices } from '../../../shared/operator/plan/prices.ts'
import { newTableWriteUnits } from '../../../shared/operator/plan/units.ts'
import type { Outcome } from './simulate.ts'
import type { Workload } from './workload.ts'

/** Memory of a slice, the default. */
const memoryGb = 1_769 / 1_024

/** What a copy costs, US dollars. */
export interface Dollars {
  /** Write units of the destination, and the scan of the source. */
  units: number
  lambda: number
  transitions: number
  /** Once, at an assumed price. */
  warming: number
}

export function dollarsOf({ warm, items, bytesPerItem }: Workload, outcome: Outcome): Dollars {
  const { units, lambdaSeconds, slices, transitions } = outcome
  return {
    units: units * prices.onDemand.writeUnit + ((items * bytesPerItem) / 8_192) * prices.onDemand.readUnit,
    lambda: lambdaSeconds * memoryGb * prices.lambdaGbSecond.arm64 + slices * prices.lambdaRequest,
    transitions: transitions * prices.transition,
    warming: Math.max(0, warm - newTableWriteUnits) * prices.warmOnce.writeUnit,
  }
}
