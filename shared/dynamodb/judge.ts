import type { Ask } from '../runtime/retry.ts'
import { DynamoDbError } from './errors.ts'

/** The service refused this write as invalid, and accepts others like it. The reason holds no item contents. */
export interface Refused {
  refused: string
}

export function isRefused(result: unknown): result is Refused {
  return typeof result === 'object' && result !== null && 'refused' in result
}

/** The reason if an error says that the service refused a write as invalid. */
export function refusalOf(error: unknown): string | undefined {
  return DynamoDbError.is(error) ? error.refusal : undefined
}

/**
 * Writes one item, and distinguishes a refused item from a request that is wrong for every item. Before an item counts
 * as refused, the same request with a made-up key of the right types, under a condition that cannot hold, must fail by
 * that condition, and the item must then be refused again: what was wrong for every item may have ended in between.
 * @param write may be sent twice: a refused one has written nothing.
 * @param probe sends that request; returns whether it failed by its condition.
 * @param ask called before each request.
 * @throws the error of `write`, if it is no refusal or the probe did not fail by its condition; or what `ask` throws.
 */
export async function judge<T>(
  write: () => Promise<T>,
  probe: () => Promise<boolean>,
  ask?: Ask,
): Promise<T | Refused> {
  await ask?.()
  try {
    return await write()
  } catch (error) {
    if (refusalOf(error) === undefined) throw error
    await ask?.()
    if (!(await probe())) throw error
  }
  await ask?.()
  try {
    return await write()
  } catch (error) {
    const refused = refusalOf(error)
    if (refused === undefined) throw error
    return { refused }
  }
}
