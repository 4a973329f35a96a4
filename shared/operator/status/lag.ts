import type { Lag } from '../../ledger/lag.ts'
import { duration } from '../../runtime/text.ts'

/** What the guard on lag means for people; the limits are those of shared/live/lag.ts. */
const guardWords = {
  ok: '',
  warn: ', warn: behind for an hour or more',
  slow: ', slow: behind for six hours or more of the 24 that a stream keeps',
  refuse: ', refuse: changes were thrown away unread',
} as const satisfies Record<Lag['guard'], string>

const stoppedWords = {
  'code changed': 'deploy the migrations the run was begun with',
  'stream changed': 'the stream that the run follows was turned off',
  'turned off': 'the event source mapping of the live function is disabled',
  aborted: 'the run was told to stop',
} as const satisfies Record<NonNullable<Lag['stopped']>, string>

/** A look at the lag, whenever it was. */
type LagSeen = Pick<Lag, 'seconds' | 'guard'> & { stopped?: Lag['stopped'] | null }

/** `live changes 1h 3m behind, warn: …`, as it was when last looked at. */
export function lagWords({ seconds, guard, stopped }: LagSeen): string {
  if (guard === 'refuse') return `live changes lost${guardWords.refuse}`
  if (stopped) {
    const since = seconds === 0 ? '' : ` for up to ${duration(seconds * 1000)}`
    return `live changes not applied${since}, ${stopped}: ${stoppedWords[stopped]}`
  }
  return seconds === 0
    ? 'live changes not behind'
    : `live changes ${duration(seconds * 1000)} behind${guardWords[guard]}`
}

/** Why there may be differences that are none for long, beside which it is said: changes that were on their way. */
export function onTheirWay(lag: LagSeen | null | undefined): string[] {
  if (!lag || (lag.seconds === 0 && lag.guard !== 'refuse' && !lag.stopped)) return []
  return [`When last looked at: ${lagWords(lag)}; what is not applied counts as a difference`]
}
