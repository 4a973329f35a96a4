import type { Runtime } from '../runtime/ports.ts'
import { type Ask, retry } from '../runtime/retry.ts'
import { SearchError, type SearchErrorCode } from './errors.ts'
import type { Search, Write, WriteFailure, WriteResult } from './ports.ts'

/** The most bytes of one request. The service takes 10 MB on small instances; small bulks are as fast, and easier on it. */
export const maxBulkBytes = 5 * 1024 * 1024

/** Results that the same write may not have later. */
const passing: ReadonlySet<WriteResult['kind']> = new Set(['pressure', 'blocked', 'unavailable'])

/** A whole request that was refused for its size. Of a single write, that is its result. */
const refusals: Partial<Record<SearchErrorCode, WriteFailure>> = {
  'search-too-large': 'too-large',
  'search-pressure': 'pressure',
}

/** Errors after which a request may still land. */
const unanswered: ReadonlySet<SearchErrorCode> = new Set(['search-unavailable', 'search-malformed-answer'])

/**
 * Sends writes in requests of at most 5 MB, and retries with backoff those that may succeed later. Where a request is too
 * large, or there is too much pressure, the next ones have half its bytes, down to a single write.
 * @returns one result for each write, in their order. `too-large` and `pressure` are of a write that was refused alone.
 * @throws SearchError of the last request when the retries end and it failed as a whole; or what `ask` throws.
 */
export async function bulkAll(
  search: Pick<Search, 'bulk'>,
  writes: readonly Write[],
  runtime: Runtime,
  ask: Ask | undefined,
): Promise<WriteResult[]> {
  const results = new Array<WriteResult | undefined>(writes.length)
  let open = writes.map((_, index) => index)
  let most = maxBulkBytes
  let shrunk = false
  let failure = undefined as SearchError | undefined

  const halve = (group: number[]) => {
    most = Math.max(1, Math.floor(bytesOf(group.map((index) => writes[index] as Write)) / 2))
  }

  /** @returns whether the next request may be sent at once. */
  const send = async (group: number[]): Promise<boolean> => {
    await ask?.()
    try {
      const sent = await search.bulk(group.map((index) => writes[index] as Write))
      for (const [i, index] of group.entries()) results[index] = sent[i]
      if (sent.some(({ kind }) => kind === 'pressure')) halve(group)
      if (sent.some(({ kind }) => kind === 'unavailable')) ask?.unanswered?.()
      return true
    } catch (error) {
      if (!SearchError.is(error)) throw error
      // An earlier result is not the last word any more: this attempt may land.
      for (const index of group) results[index] = undefined
      const refused = refusals[error.code]
      if (unanswered.has(error.code)) ask?.unanswered?.()
      if (!refused && !error.retryable) throw error
      if (refused && group.length === 1) {
        results[group[0] as number] = { kind: refused, reason: 'refused alone' }
        return refused === 'too-large'
      }
      if (refused) halve(group)
      if (refused === 'too-large') shrunk = true
      failure = error
      return refused === 'too-large'
    }
  }

  const attempt = async () => {
    const before = open.length
    shrunk = false
    failure = undefined
    for (let rest = open; rest.length > 0; ) {
      const group = firstGroup(rest, writes, most)
      rest = rest.slice(group.length)
      if (!(await send(group))) break
    }
    open = open.filter((index) => passing.has(results[index]?.kind ?? 'unavailable'))
    if (open.length === 0) return { done: results as WriteResult[] }
    const reason = (failure as SearchError | undefined)?.code ?? results[open[0] as number]?.kind
    const throttled = reason === 'pressure' || reason === 'search-pressure'
    return { again: `${open.length} writes open: ${reason}`, progressed: shrunk || open.length < before, throttled }
  }

  const ended = new SearchError('search-unavailable', 'The retries of a bulk ended')
  try {
    return await retry<WriteResult[]>('bulk', runtime, attempt, () => ended)
  } catch (error) {
    if (error !== ended) throw error
    if (open.some((index) => results[index] === undefined)) throw failure ?? ended
    return results as WriteResult[]
  }
}

/** The first writes that are one request: as many as fit, and one at least. */
function firstGroup(open: number[], writes: readonly Write[], most: number): number[] {
  let bytes = 0
  const end = open.findIndex((index, position) => {
    bytes += bytesOf([writes[index] as Write])
    return position > 0 && bytes > most
  })
  return end < 0 ? open : open.slice(0, end)
}

/** About what it has on the wire: the line of the write itself has up to 200 bytes beside its names. */
export function bytesOf(writes: readonly Write[]): number {
  return writes.reduce(
    (sum, write) => sum + 200 + write.id.length + ('json' in write ? Buffer.byteLength(write.json) : 0),
    0,
  )
}
