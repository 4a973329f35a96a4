import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Tells how much is held: what a collection leaves, over what it left the first time it was asked. */
export function heapMeter() {
  let before: number | undefined
  let most = 0
  return {
    async measure() {
      // What a promise has just handed on is held until the next turn.
      await new Promise(setImmediate)
      collect()
      const { heapUsed } = process.memoryUsage()
      before ??= heapUsed
      most = Math.max(most, heapUsed - before)
    },
    begun: () => before !== undefined,
    /** The most bytes at any measurement. */
    most: () => most,
  }
}
