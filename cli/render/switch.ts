import type { Switch } from '../../shared/ledger/switch-row.ts'
import type { Deployed } from '../../shared/operator/engine.ts'
import { counted, duration, printable } from '../../shared/runtime/text.ts'
import { placeText } from './place.ts'

const field = (name: string, text: string) => `${name.padEnd(13)}${text}`
const iso = (ms: number) => new Date(ms).toISOString()

/** `segue switch show`: one page that says which table applications use. */
export function switchPage(found: Switch | undefined, now: number, deployment: Deployed): string[] {
  const { sourceTable, destinationTable, flag } = deployment
  const of = `${sourceTable} and ${destinationTable}, in ${placeText(deployment)}`
  if (!found)
    return [
      `There is no switch of ${of}. Applications that follow one write nothing before it is made.`,
      `Make it, open at ${sourceTable}: segue switch create${flag}`,
      `If applications use ${destinationTable} already, add --active ${destinationTable}.`,
    ]
  const { table, switchedAt, maxAgeSeconds, writeSeconds, generation } = found
  return [
    field('Switch', of),
    field('Active', `${printable(table)}, since ${iso(switchedAt)} (${duration(now - switchedAt)})`),
    ...state(found, now),
    ...aliases(found, now),
    field('Applications', `trust what they read for ${maxAgeSeconds} s; one write takes ${writeSeconds} s at most`),
    field('Generation', `${generation}: every change raises it`),
  ]
}

function state(found: Switch, now: number): string[] {
  const { mode, table, closedAt = now, task = 'cutover', run, by, why, until } = found
  if (mode === 'open') return [field('State', `open: applications may write ${printable(table)}`)]
  const reason = why === undefined ? '' : `: ${printable(why)}`
  return [
    field('State', `${printable(mode)} for ${duration(now - closedAt)}: applications write nothing`),
    field('Closed by', `the ${task} of run ${run}, ${by === undefined ? 'nobody is named' : printable(by)}${reason}`),
    field('Since', iso(closedAt)),
    field('Last write', lastWrite(until, now)),
  ]
}

function lastWrite(until: number | undefined, now: number): string {
  if (until === undefined) return 'not known yet'
  const left = until > now ? ` (in ${duration(until - now)})` : ''
  return `${iso(until)}${left}: what began before has ended by then, and later changes are not applied`
}

function aliases({ aliasUntil }: Switch, now: number): string[] {
  if (aliasUntil === undefined) return []
  return [field('Aliases', aliasUntil > now ? `may still move until ${iso(aliasUntil)}` : 'moved, and not checked yet')]
}

/** The same as an object, with the times as they are in the row and what follows from them. */
export function switchJson(found: Switch, now: number): object {
  return {
    ...found,
    ...(found.mode !== 'open' && { closedSeconds: Math.round((now - (found.closedAt ?? now)) / 1000) }),
  }
}

/** What making a switch does, or with `dryRun` would do. */
export function createLines(
  { table, maxAgeSeconds, writeSeconds }: Pick<Switch, 'table' | 'maxAgeSeconds' | 'writeSeconds'>,
  deployment: Deployed,
  dryRun: boolean,
): string[] {
  const { sourceTable, destinationTable } = deployment
  return [
    `${dryRun ? 'Would make' : 'Makes'} the switch of ${sourceTable} and ${destinationTable}, in ${placeText(deployment)}`,
    `Applications that follow it use ${table}. Others notice nothing.`,
    'No command moves it to the other table yet, so do not let production follow it.',
    `They trust what they read for ${counted(maxAgeSeconds, 'second')}, and one write takes ${counted(writeSeconds, 'second')} at most. That cannot be changed afterwards.`,
  ]
}
