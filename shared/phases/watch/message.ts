import type { Alert, AlertEvent } from '../../ledger/alerts.ts'
import type { Control } from '../../ledger/control.ts'
import { duration, printable } from '../../runtime/text.ts'
import type { Facts } from './facts.ts'
import { type Alarm, type KindName, kinds } from './kinds.ts'

/** A message to people, and to programs as attributes. Never holds item contents. */
export interface Message {
  /** At most 100 characters of ASCII, as SNS takes it. */
  subject: string
  text: string
  /** Each a string; `alert` is all of it as JSON. Filters of subscriptions rely on the names. */
  attributes: Record<'kind' | 'event' | 'run' | 'alert', string>
}

const page = 'docs/alarms.md'

export function messageOf(
  kind: KindName,
  { since, messages, run }: Alert,
  event: AlertEvent,
  alarm: Alarm | undefined,
  { now, control, run: { phase, destination } }: Facts,
  { stack }: { stack: string | undefined },
): Message {
  const flag = stack === undefined ? '' : ` --stack ${stack}`
  const isOver = event === 'end'
  const what = isOver
    ? `It is over: ${kind} of run ${run}.`
    : printable(alarm?.what ?? `${kind} of run ${run}; it is over by now.`)
  const next = `${isOver || !alarm ? 'segue status' : alarm.next}${flag}`
  const anchor = `${page}#${kind}`
  const lines = [
    what,
    '',
    `Since ${iso(since)} (${duration(now - since)}); phase ${phase}, destination ${destination}.`,
    `Last command: ${lastWords(control, now)}.`,
    '',
    `Next: ${next}`,
    `${kinds[kind].advice} (${anchor})`,
    ...(event === 'again' ? ['', 'This was told before, and is still so. It is told every half hour.'] : []),
  ]
  const alert = {
    ...{ id: `${kind}.${messages}`, kind, event, run, phase, destination, stack: stack ?? null },
    since: new Date(since).toISOString(),
    at: new Date(now).toISOString(),
    ...{ what, next, runbook: anchor },
  }
  return {
    subject: ascii(`Segue${stack === undefined ? '' : ` ${stack}`}: ${words[event]} ${kind}, run ${run}`).slice(0, 100),
    text: lines.join('\n'),
    attributes: { kind, event, run, alert: JSON.stringify(alert) },
  }
}

const words: Record<AlertEvent, string> = { onset: 'alarm', again: 'still', end: 'over,' }

/** Who acted last, in the words of `segue status`. */
function lastWords({ verb, by = 'somebody unknown', at, why }: Control, now: number): string {
  if (at === undefined) return 'nobody gave one'
  return `${verb ?? 'command'} by ${printable(by)}, ${iso(at)}${at > now ? '' : ` (${duration(now - at)} ago)`}${why === undefined ? '' : `: ${printable(why)}`}`
}

const iso = (ms: number) => new Date(ms).toISOString().replace(/\.\d+/, '')
const ascii = (text: string) => text.replace(/[^\x20-\x7e]/g, '?')
