/**
 * What to do about the age of the oldest change not yet applied: nothing, tell somebody, slow the copy (it and the applier
 * share the destination's capacity), or give the cutover up, because what the stream has thrown away unread is lost.
 */
export type LagGuard = 'ok' | 'warn' | 'slow' | 'refuse'

const warnSeconds = 3_600
/** A stream keeps records for 24 hours: at six there is time left to mend what is wrong. */
const slowSeconds = 6 * 3_600

/** The guard for an age in seconds. `refuse` is for a stream that has lost something, whatever the age. */
export function lagGuard(seconds: number): Exclude<LagGuard, 'refuse'> {
  if (seconds < warnSeconds) return 'ok'
  return seconds < slowSeconds ? 'warn' : 'slow'
}
