import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { Clock } from '../shared/runtime/ports.ts'

/** A clock that is no further off than this is trusted, ms: the service tells its time in whole seconds. */
const tolerableMs = 2_000

/**
 * The clock of the service, by the dates of its responses: that of a laptop may be an hour ahead, and would announce an abort
 * while something can still write. Behind rather than ahead, by the time that a response takes at most.
 * @param now of this machine, which counts until the first response.
 */
export function serviceClock(
  { middlewareStack }: Pick<DynamoDBClient, 'middlewareStack'>,
  now: Clock = Date.now,
): Clock {
  let aheadMs: number | undefined
  middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args)
      const { headers } = result.response as { headers?: Record<string, string> }
      const measured = now() - Date.parse(headers?.date ?? '')
      // The smallest is that of the fastest response.
      if (!Number.isNaN(measured)) aheadMs = Math.min(measured, aheadMs ?? measured)
      return result
    },
    { step: 'deserialize', name: 'segueServiceClock' },
  )
  return () => now() - (aheadMs === undefined || Math.abs(aheadMs) < tolerableMs ? 0 : aheadMs)
}
