import type { Ask, Settle } from '../../runtime/retry.ts'
import { DynamoDbError } from '../errors.ts'
import { isRefused, judge, refusalOf } from '../judge.ts'
import { spending } from '../meter.ts'
import type { WriteResult } from '../ports.ts'
import type { RawItem } from '../raw-item.ts'

/** Calls in flight at once for one `put` or `insert`: enough to hide the latency, few enough not to be a burst. */
const PARALLEL = 4

/** The maximum number of items in one BatchWriteItem or BatchExecuteStatement call. Source: DynamoDB API reference. */
const MAX_ITEMS = 25

/** BatchWriteItem takes 16 MB on the wire; one of them is reserved for the envelope. Source: DynamoDB API reference. */
export const batchWriteBytes = 15 * 1024 * 1024

/**
 * For BatchExecuteStatement no limit in bytes is documented. The smallest that DynamoDB has for several items is that of
 * TransactWriteItems, 4 MB; half a megabyte of it is reserved for the envelope.
 */
export const batchStatementBytes = 3.5 * 1024 * 1024

/** One call of a larger write: the positions of its items, and the function that sends it. */
export interface Call {
  positions: number[]
  /** @param report called with the units that the service says it took. */
  send(report: Settle): Promise<WriteResult[]>
}

/**
 * Reads by key. A response ends at 16 MB and names the unprocessed keys, so large items always take several calls. The
 * rest is requested at once, as long as every response brings something.
 * @param call reads some keys, and returns those that it left unprocessed.
 * @throws DynamoDbError `throttled` when a call processed none.
 */
export async function readAll<K>(
  table: string,
  keys: K[],
  call: (open: K[]) => Promise<{ items: RawItem[]; rest: K[] }>,
): Promise<RawItem[]> {
  const all: RawItem[] = []
  for (let open = keys; open.length > 0; ) {
    const { items, rest } = await call(open)
    if (rest.length >= open.length)
      throw new DynamoDbError('throttled', `BatchGetItem on the table ${table} processed no key. Try again later.`)
    for (const item of items) all.push(item)
    open = rest
  }
  return all
}

/** How to judge the items of a refused call. */
export interface Court {
  /** Writes one item in a request of its own. */
  alone(position: number): Promise<WriteResult>
  /** Whether a put of a made-up key, under a condition that cannot hold, fails by its condition. */
  probe(): Promise<boolean>
}

/**
 * Cuts positions into consecutive groups that each fit one call.
 * @param bytes size of one position as sent.
 * @param mostBytes of a call. A position that alone has more is a call of its own.
 */
export function cutIntoCalls(positions: number[], bytes: (position: number) => number, mostBytes: number): number[][] {
  const groups: number[][] = []
  let group: number[] = []
  let total = 0
  for (const position of positions) {
    const size = bytes(position)
    if (group.length > 0 && (group.length === MAX_ITEMS || total + size > mostBytes)) {
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
 * `retry`. Items of a call that was refused as invalid are written one by one: only one that is refused alone, beside a
 * probe that is not, is `refused`.
 * @param ask called before each request: a throttled table takes minutes for the calls of one page. Each write pays for
 * what it takes. Told of calls without an answer.
 * @param unitsOf capacity units that it takes to write one item.
 * @throws the failure, when it is not retryable or when no call succeeded; or what `ask` throws.
 */
export async function sendAll(
  count: number,
  calls: Call[],
  { alone, probe }: Court,
  ask?: Ask,
  unitsOf: (position: number) => number = () => 1,
): Promise<WriteResult[]> {
  const results = new Array<WriteResult>(count).fill('retry')
  const failures: unknown[] = []
  let succeeded = 0
  const queue = [...calls]
  const oneByOne: number[] = []
  const pay = <T>(positions: number[], write: (report: Settle) => Promise<T>) =>
    spending(ask, 'write', () => positions.reduce((sum, position) => sum + unitsOf(position), 0), write)
  const worker = async () => {
    while (failures.length === 0) {
      const call = queue.shift()
      const position = call ? undefined : oneByOne.shift()
      if (!call && position === undefined) return
      try {
        if (call) {
          await ask?.()
          const sent = await pay(call.positions, (report) => call.send(report))
          call.positions.forEach((position, i) => {
            if (isRefused(sent[i])) oneByOne.push(position)
            else results[position] = sent[i] ?? 'retry'
          })
        } else {
          const paid = () => pay([position!], () => alone(position!))
          results[position!] = await judge(paid, probe, ask)
        }
        succeeded++
      } catch (error) {
        if (DynamoDbError.is(error) && error.code === 'unavailable') ask?.unanswered?.()
        if (call && refusalOf(error) !== undefined) oneByOne.push(...call.positions)
        else failures.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(PARALLEL, calls.length) }, worker))
  const fatal = failures.find((error) => !(DynamoDbError.is(error) && error.retryable))
  if (fatal) throw fatal
  if (failures.length > 0 && succeeded === 0) throw failures[0]
  return results
}
