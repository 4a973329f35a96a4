import { Option } from 'commander'
import { OptionsError } from '../../shared/config/errors.ts'
import type { OperatorEngine } from '../../shared/operator/engine.ts'
import type { Keyed } from '../../shared/operator/keyed-run.ts'
import type { Terminal } from '../terminal.ts'

const form = 'a time of day (05:00, or 05:00Z in UTC) or a date with it (2026-11-27T05:00Z)'

/** When a run is paused by itself. */
export function untilOption(): Option {
  return new Option('--until <time>', `pause it by itself then: ${form}`)
}

/** The same for a run that is under way. */
export function atOption(): Option {
  return new Option('--at <time>', `not now but then: ${form}`)
}

/** When a run that starts now should be done. */
export function warmOption(): Option {
  return new Option('--warm <time>', `say what it costs to be done by then: ${form}`)
}

/**
 * The moment that somebody means, ms since the epoch: the next one of a time of day, in their time zone unless it says UTC.
 * @throws OptionsError for what is no time, or is over.
 */
export function untilOf(text: string | undefined, { runtime }: OperatorEngine): number | undefined {
  if (text === undefined) return undefined
  const now = runtime.clock()
  const at = timeOf(text, now)
  if (at === undefined) throw new OptionsError([`expected ${form}, got \`${text}\``], 'time')
  if (at <= now) throw new OptionsError([`${utc(at)} is over; it is ${utc(now)}`], 'time')
  return at
}

function timeOf(text: string, now: number): number | undefined {
  const [, hours, minutes, zone] = text.match(/^([01]\d|2[0-3]):([0-5]\d)(Z?)$/) ?? []
  if (hours !== undefined) {
    const [h, m] = [Number(hours), Number(minutes)]
    const today = new Date(now)
    // Not 24 hours later: some days are longer.
    const on = (day: number) =>
      zone === 'Z'
        ? Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), today.getUTCDate() + day, h, m)
        : new Date(today.getFullYear(), today.getMonth(), today.getDate() + day, h, m).getTime()
    return on(0) > now ? on(0) : on(1)
  }
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?$/.test(text)) return undefined
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : at
}

/** Says when a run will pause, in UTC: colleagues may live elsewhere. One that was under way keeps its own time. */
export function sayUntil(until: number | undefined, started: Keyed, terminal: Terminal, json: boolean): void {
  if (until === undefined || json) return
  if (started.kind === 'started') terminal.line(`It pauses by itself at ${utc(until)} (UTC).`)
  if (started.kind === 'attached')
    terminal.line(
      `It was under way already, and when it pauses is not changed. To pause it then: segue pause --at ${utc(until)}`,
    )
}

export function utc(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+/, '')
}
