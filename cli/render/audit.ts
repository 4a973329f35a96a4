import type { AuditEntry } from '../../shared/ledger/audit.ts'
import type { Audit } from '../../shared/operator/audit.ts'
import type { ExecutionCall } from '../../shared/operator/findings.ts'
import { printable } from '../../shared/runtime/text.ts'

/** `segue audit`: one line for each row, oldest first. */
export function auditLines({ entries, console }: Audit): string[] {
  const calls = 'unknown' in console ? [] : console
  const rows = [
    ...entries.map((entry) => ({ at: entry.at, line: entryLine(entry) })),
    ...calls.map((call) => ({ at: call.at, line: callLine(call) })),
  ]
  return [
    ...rows.toSorted((a, b) => a.at - b.at).map(({ at, line }) => `${time(at)}  ${line}`),
    ...(rows.length === 0 ? ['Nothing is recorded yet.'] : []),
    ...('unknown' in console ? ['', `Starts and stops in the console: unknown (${printable(console.unknown)}).`] : []),
    ...(rows.length === 0
      ? []
      : ['', 'Names are as those who gave a command say; those of the console are of CloudTrail.']),
  ]
}

function entryLine({ event, what, run, by, why }: AuditEntry): string {
  const about = run === undefined ? '' : `  run ${run}`
  const who = event === 'entered' ? '' : `  by ${by === undefined ? 'somebody unknown' : printable(by)}`
  return `${event.padEnd(8)} ${printable(what)}${about}${who}${why === undefined ? '' : `: ${printable(why)}`}`
}

const callLine = ({ event, by, execution }: ExecutionCall) =>
  `${'console'.padEnd(8)} ${event} of ${execution.split(':').at(-1)}  by ${printable(by)}`

const time = (ms: number) => new Date(ms).toISOString().replace(/\.\d+/, '')

/** The same for programs. What is not known is `unknown`; `claimed` is as whoever gave the command says. */
export function auditJson({ entries, console }: Audit) {
  return {
    entries: entries.map(({ at, id, event, what, run = null, by, why = null, execution = null }) => ({
      at: new Date(at).toISOString(),
      ...{ id, event, what, run, why, execution },
      ...(event !== 'entered' && { claimed: by ?? 'unknown' }),
    })),
    console:
      'unknown' in console
        ? 'unknown'
        : console.map(({ at, ...call }) => ({ at: new Date(at).toISOString(), ...call })),
  }
}
