import type { Lag } from '../../ledger/lag.ts'
import { duration } from '../../runtime/text.ts'

/** The levels of the guard in words; shared/live/lag.ts has the limits. */
const guardWords = {
  ok: '',
  warn: ', warn: behind for an hour or more',
  slow: ', slow: behind for six hours or more of the 24 that a stream keeps',
  refuse: ', refuse: the stream dropped changes unread',
} as const satisfies Record<Lag['guard'], string>

const stoppedWords = {
  'code changed': 'deploy the migrations that the run began with',
  'stream changed': 'the stream that the run reads was turned off',
  'index lost': 'a search index is gone, or is another one',
  'turned off': 'the event source mapping of the live function is disabled and does not come on',
  aborted: 'the run was told to stop',
} as const satisfies Record<NonNullable<Lag['stopped']>, string>

/** The lag at the last check. */
type LagSeen = Pick<Lag, 'seconds' | 'guard'> & { stopped?: Lag['stopped'] | null }

/** `live changes 1h 3m behind, warn: …`, as last checked. */
export function lagWords({ seconds, guard, stopped }: LagSeen): string {
  if (guard === 'refuse') return `live changes lost${guardWords.refuse}`
  if (stopped) {
    const since = seconds === 0 ? '' : ` for up to ${duration(seconds * 1000)}`
    return `live changes not applied${since}, ${stopped}: ${stoppedWords[stopped]}`
  }
  return seconds === 0
    ? 'live changes up to date'
    : `live changes ${duration(seconds * 1000)} behind${guardWords[guard]}`
}

/** Says, beside differences, that live changes on their way may explain them. */
export function onTheirWay(lag: LagSeen | null | undefined): string[] {
  if (!lag || (lag.seconds === 0 && lag.guard !== 'refuse' && !lag.stopped)) return []
  return [`When last checked: ${lagWords(lag)}; changes that are not applied yet count as differences`]
}
