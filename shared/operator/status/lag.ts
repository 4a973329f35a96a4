import type { FeedName } from '../../ledger/feeds.ts'
import type { Lag } from '../../ledger/lag.ts'
import { duration } from '../../runtime/text.ts'

/** The levels of the guard in words; shared/live/lag.ts has the limits. */
const guardWords = {
  ok: '',
  warn: ', warn: behind for an hour or more',
  slow: ', slow: behind for six hours or more of the 24 that a stream keeps',
  refuse: ', refuse: the stream dropped changes unread',
} as const satisfies Record<Lag['guard'], string>

type StoppedWords = Record<NonNullable<Lag['stopped']>, string>

const stoppedWords: Record<FeedName, StoppedWords> = {
  source: {
    'code changed': 'deploy the migrations that the run began with',
    'stream changed': 'the stream that the run reads was turned off',
    'index lost': 'a search index is gone, or is another one',
    'turned off': 'the event source mapping of the live function is disabled and does not come on',
    aborted: 'the run was told to stop',
  },
  index: {
    'code changed': 'deploy the index definitions that the build began with, or build anew',
    'stream changed': 'the stream of the destination was turned off, so the build is lost',
    'index lost': 'the build cannot become whole, or be kept in step; build anew (`segue index`)',
    'turned off': 'the event source mapping of the index feed is disabled and does not come on',
    aborted: 'the run was told to stop',
  },
}

/** How far behind a build of indices was when last checked. */
export type BuildLag = Lag & { build: number }

/** The lag at the last check. */
type LagSeen = Pick<Lag, 'seconds' | 'guard'> & { stopped?: Lag['stopped'] | null }

/** `live changes 1h 3m behind, warn: …`, as last checked. */
export function lagWords(lag: LagSeen): string {
  return feedWords('live changes', 'source', lag)
}

/** `build 2: changes 1h 3m behind, warn: …`, as last checked. */
export function buildLagWords({ build, ...lag }: BuildLag): string {
  return feedWords(`build ${build}: changes`, 'index', lag)
}

function feedWords(changes: string, feed: FeedName, { seconds, guard, stopped }: LagSeen): string {
  if (guard === 'refuse') return `${changes} lost${guardWords.refuse}`
  if (stopped) {
    const since = seconds === 0 ? '' : ` for up to ${duration(seconds * 1000)}`
    return `${changes} not applied${since}, ${stopped}: ${stoppedWords[feed][stopped]}`
  }
  return seconds === 0 ? `${changes} up to date` : `${changes} ${duration(seconds * 1000)} behind${guardWords[guard]}`
}

/** Says, beside differences, that live changes on their way may explain them. */
export function onTheirWay(lag: LagSeen | null | undefined): string[] {
  if (!lag || (lag.seconds === 0 && lag.guard !== 'refuse' && !lag.stopped)) return []
  return [`When last checked: ${lagWords(lag)}; changes that are not applied yet count as differences`]
}
