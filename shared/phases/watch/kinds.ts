import { oldSeconds, stillSeconds } from '../../config/gauges.ts'
import { type Facts, isCapturing, isRunning, mostQuarantined, streamAgeSeconds, stuckSeconds } from './facts.ts'

/** A list of quarantined items that has not grown for so long is known to people, ms. */
const grewMs = 30 * 60_000

/** Something is wrong. */
export interface Alarm {
  /** Ms since the epoch. */
  since: number
  /** A sentence. */
  what: string
  /** The command that comes next, without `--stack`. */
  next: string
}

/** One kind of alarm, as `docs/alarms.md` shows it. */
export interface Kind {
  /** When it is on. */
  means: string
  /** What to do, in sentences. */
  advice: string
  /** Pure. `undefined`: nothing is wrong. */
  judge(facts: Facts): Alarm | undefined
}

const minutes = (seconds: number) => `${Math.floor(seconds / 60)} minutes`

/** The one table of alarms. Its names are stable: filters of subscriptions rely on them. */
export const kinds = {
  stuck: {
    means:
      'The run, or a task of it, is at work, and for 5 minutes no row of a chunk has changed and no phase has given a sign of life, beyond any wait that it promised.',
    advice:
      'The execution may hang. The command says who owns the destination, and what stopping it would do; without `--dry-run` it does so, and `segue resume` continues from the checkpoints.',
    judge(facts) {
      const seconds = stuckSeconds(facts)
      if (seconds <= stillSeconds) return undefined
      return {
        since: facts.now - seconds * 1000,
        what: `Run ${facts.run.id} stands still in ${facts.run.phase}: nothing has moved for ${minutes(seconds)}.`,
        next: 'segue unlock --stop-owner --dry-run',
      }
    },
  },
  'chunk-stuck': {
    means: 'A slice is under way, and has written no checkpoint for 5 minutes.',
    advice:
      'It ends by itself at its time limit, and another one continues at its checkpoint. If that repeats, its tables are throttled or a migration hangs: the logs of the slice function say which.',
    judge({ now, run, chunks }) {
      const { quietest } = chunks ?? {}
      if (!isRunning(run) || !quietest || now - quietest.at <= stillSeconds * 1000) return undefined
      return {
        since: quietest.at,
        what: `Chunk ${quietest.chunk} of run ${run.id} is being worked on, and has saved no checkpoint for ${minutes((now - quietest.at) / 1000)}.`,
        next: 'segue status',
      }
    },
  },
  'chunk-failed': {
    means: 'A chunk has failed. The others continue; the run halts after them.',
    advice: 'The reason is in the message and in `segue status`. Mend it; `segue resume` tries failed chunks again.',
    judge({ run, chunks }) {
      const { failed = 0, firstFailed } = chunks ?? {}
      if (!firstFailed) return undefined
      return {
        since: firstFailed.at,
        what: `${failed === 1 ? 'A chunk' : `${failed} chunks`} of run ${run.id} failed, the first is ${firstFailed.chunk}: ${firstFailed.reason}`,
        next: isRunning(run) ? 'segue status' : 'segue resume',
      }
    },
  },
  'owner-ended': {
    means: 'The execution that drove the run ended without recording it, as when somebody stops it in the console.',
    advice: 'Find out who stopped it, and why. The run continues from its checkpoints.',
    judge({ run }) {
      const { because } = run.task ?? run
      if (because !== 'interrupted' || run.state === 'aborted') return undefined
      const entry = run.phases?.findLast(({ phase }) => phase === 'Interrupted')
      return {
        since: entry?.at ?? run.endedAt ?? run.startedAt,
        what: `Run ${run.id} was interrupted: its execution ${run.execution} ended without recording it.`,
        next: 'segue resume',
      }
    },
  },
  'stream-old': {
    means: 'A live change has waited for an hour or more. The stream keeps it for 24 hours.',
    advice:
      'The errors of the live function in its log name the reason; `segue status` shows how far behind live changes are. A change that is trimmed unread is lost.',
    judge(facts) {
      const seconds = streamAgeSeconds(facts)
      if (seconds < oldSeconds) return undefined
      return {
        since: facts.now - seconds * 1000,
        what: `The oldest live change of run ${facts.run.id} that is not applied is ${minutes(seconds)} old. The stream keeps it for 24 hours.`,
        next: 'segue status',
      }
    },
  },
  'capture-stopped': {
    means:
      'Live changes should be applied, and are not: their mapping stays disabled, other code is deployed, or the stream is another one.',
    advice:
      'Deploy the code that the run was begun with, or mend the mapping (its last processing result, in the Lambda console, names the reason). A run that has stopped turns it on with `segue resume`.',
    judge(facts) {
      const { run, lag } = facts
      if (!isCapturing(facts) || !lag?.stopped || lag.stopped === 'aborted') return undefined
      return {
        since: lag.at - lag.seconds * 1000,
        what: `Live changes of run ${run.id} are not applied: ${lag.stopped}.`,
        next: 'segue status',
      }
    },
  },
  'quarantine-grew': {
    means: 'An item was quarantined within half an hour: it is missing from the destination.',
    advice: 'The list groups them by their reason. A mended migration begins a new run.',
    judge({ now, run, quarantine: { items, newest } }) {
      if (items === 0 || now - newest >= grewMs) return undefined
      const many =
        items === 1 ? '1 item' : items < mostQuarantined ? `${items} items` : `${mostQuarantined} items or more`
      return {
        since: newest,
        what: `${many} of run ${run.id} ${items === 1 ? 'is' : 'are'} quarantined, and the list grows.`,
        next: 'segue quarantine list',
      }
    },
  },
} as const satisfies Record<string, Kind>

export type KindName = keyof typeof kinds
export const kindNames = Object.keys(kinds) as KindName[]
