import { type FollowedSwitch, follow, type SwitchOptions } from './follow.ts'
import type { Time } from './time.ts'

export { SwitchError, type SwitchErrorCode } from './errors.ts'
export type { ActiveTable, FollowedSwitch, SwitchAttribute, SwitchClient, SwitchOptions, Write } from './follow.ts'

/**
 * Lets an application follow the switch of two tables: it says which one is active, and lets no write begin while they are
 * being switched. If every program that writes does all its writes through `write`, then no acknowledged write is lost
 * when Segue switches the tables, or undoes that.
 *
 * ```ts
 * const court = followSwitch({ client: new DynamoDB({}), switchTable, tables: ['alpha', 'beta'] })
 * await court.write(({ table, signal }) => client.send(new PutItemCommand({ TableName: table, Item }), { abortSignal: signal }))
 * ```
 *
 * The contract:
 * - **A copy of the row is old `maxAgeSeconds` (10) after its read began**, by the wall clock or the monotonic clock, whichever
 *   comes first. The read is strongly consistent. A frozen process stops the one clock, and the other can be set back.
 * - **A write begins only while the copy says `open`**, and ends within `writeSeconds` (20) or is abandoned: `signal` is aborted and
 *   the write fails with `write-abandoned`, even if it ends well later. Await it: a write that nobody waits for is outside the
 *   promise, above all in Lambda, which freezes it at the end of the handler.
 * - **In Lambda, call `followSwitch` inside the handler**, in each invocation: what one has read never outlives it. A long-lived
 *   process calls it once.
 * - Both numbers are in the row. `write` throws `switch-closed` while the tables are being switched, some minutes; it retries
 *   nothing by itself.
 *
 * It needs `dynamodb:GetItem` on the table of the switch, and reads once in 10 s, or once for each invocation.
 * @throws SwitchError from `write` and `active`; see its codes.
 */
export function followSwitch(options: SwitchOptions): FollowedSwitch {
  return follow(options, processTime, invocation)
}

const processTime: Time = {
  now: () => ({ wall: Date.now(), monotonic: performance.now() }),
  after(ms, act) {
    const timer = setTimeout(act, ms)
    return () => clearTimeout(timer)
  },
}

/**
 * The trace id changes with each invocation. It has no value while Lambda loads the module, so a switch that is followed there is
 * not followed in the first handler either. Source: "Working with Lambda environment variables", AWS Lambda Developer Guide.
 */
function invocation(): string | undefined {
  return process.env.AWS_LAMBDA_FUNCTION_NAME && (process.env._X_AMZN_TRACE_ID ?? 'none')
}
