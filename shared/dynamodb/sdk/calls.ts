import { DynamoDbError } from '../errors.ts'
import type { WriteResult } from '../ports.ts'

/** Calls in flight at once for one `put` or `insert`: enough to hide the latency, few enough not to be a burst. */
const PARALLEL = 4

/** The most items of one BatchWriteItem or BatchExecuteStatement. Source: DynamoDB API reference. */
const MAX_ITEMS = 25

/** BatchWriteItem takes 16 MB on the wire; one of them is reserved for the envelope. Source: DynamoDB API reference. */
const MAX_BYTES = 15 * 1024 * 1024

/** One call of a larger write: the positions of its items, and the function that sends it. */
export interface Call {
  positions: number[]
  send(): Promise<WriteResult[]>
}

/** Cuts positions into consecutive groups that each fit one call. `bytes` is the size of one position as sent. */
export function cutIntoCalls(positions: number[], bytes: (position: number) => number): number[][] {
  const groups: number[][] = []
  let group: number[] = []
  let total = 0
  for (const position of positions) {
    const size = bytes(position)
    if (group.length > 0 && (group.length === MAX_ITEMS || total + size > MAX_BYTES)) {
      groups.push(group)
      group = []
      total = 0
    }
    group.push(position)
    total += size
  }
  if (group.length > 0) groups.push(group)
  return groups
}

/**
 * Sends the calls, a few at a time, and returns one result for each of `count` items. After a failed call it starts no
 * more, and waits for those in flight, so that nothing is written after it returns. Items of failed or unsent calls are
 * `retry`.
 * @throws the failure, when it is not retryable or when no call succeeded.
 */
export async function sendAll(count: number, calls: Call[]): Promise<WriteResult[]> {
  const results = new Array<WriteResult>(count).fill('retry')
  const failures: unknown[] = []
  let succeeded = 0
  const queue = calls.values()
  const worker = async () => {
    while (failures.length === 0) {
      const call = queue.next().value
      if (!call) return
      try {
        const sent = await call.send()
        call.positions.forEach((position, i) => {
          results[position] = sent[i] ?? 'retry'
        })
        succeeded++
      } catch (error) {
        failures.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(PARALLEL, calls.length) }, worker))
  const fatal = failures.find((error) => !(DynamoDbError.is(error) && error.retryable))
  if (fatal) throw fatal
  if (failures.length > 0 && succeeded === 0) throw failures[0]
  return results
}
