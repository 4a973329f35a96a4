import { DynamoDbError } from './errors.ts'

/** The service takes everything like this but this one: it is invalid, for a reason free of what is in it. */
export interface Refused {
  refused: string
}

export function isRefused(result: unknown): result is Refused {
  return typeof result === 'object' && result !== null && 'refused' in result
}

/** Why the service refused a write as invalid, if that is what an error says. */
export function refusalOf(error: unknown): string | undefined {
  return DynamoDbError.is(error) ? error.refusal : undefined
}

/**
 * Writes one item, and tells an item that the service refuses from a request that is wrong for every item: before one counts
 * as refused, the same request with a made-up key of the right types under a condition that cannot hold must fail by
 * that condition.
 * @param probe sends that request; whether it failed so.
 * @throws what `write` threw, where it is no refusal or the probe did not fail by its condition.
 */
export async function judge<T>(write: () => Promise<T>, probe: () => Promise<boolean>): Promise<T | Refused> {
  try {
    return await write()
  } catch (error) {
    const refused = refusalOf(error)
    if (refused === undefined || !(await probe())) throw error
    return { refused }
  }
}
