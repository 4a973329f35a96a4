import type { Control, Given, Verb } from '../ledger/control.ts'
import { duration, printable } from '../runtime/text.ts'
import type { OperatorEngine } from './engine.ts'
import { OperatorError } from './errors.ts'

/** For this long nobody else undoes a command without knowing of it, ms. */
const recentMs = 5 * 60_000

/** Characters of a reason that are kept. */
const longestWhy = 500

/** What somebody says with a command. */
export interface Wish {
  why?: string
  /** Version of the command that they know of, and act on top of. */
  over?: number
}

/** The last command that somebody gave. */
export interface LastCommand extends Omit<Given, 'verb'> {
  version: number
  /** No value: by a newer version of Segue that did not say. */
  verb?: Verb
}

/** A command of whoever uses this engine, at this moment. */
export async function given(
  verb: Verb,
  { why = '' }: Wish,
  { identity, runtime }: Pick<OperatorEngine, 'identity' | 'runtime'>,
): Promise<Given> {
  const by = await identity()
  const words = why.replace(/\s+/g, ' ').trim().slice(0, longestWhy)
  return { verb, at: runtime.clock(), ...(by !== undefined && { by }), ...(words !== '' && { why: words }) }
}

/** The last command that a person gave; `undefined` if nobody gave one. */
export function lastCommand({ version, verb, by, at, why }: Control): LastCommand | undefined {
  if (version === undefined || at === undefined) return undefined
  return { version, at, ...(verb && { verb }), ...(by !== undefined && { by }), ...(why !== undefined && { why }) }
}

/** Whether a command was given within five minutes. One of the future is: the clock of whoever gave it may be ahead. */
export const isRecent = ({ at }: Pick<LastCommand, 'at'>, now: number) => now - at < recentMs

/** Whether somebody else gave the last command, within five minutes. Whoever cannot be named is somebody else. */
export function isAnothers(last: LastCommand | undefined, { by, at }: Given): last is LastCommand {
  return last !== undefined && isRecent(last, at) && (last.by === undefined || last.by !== by)
}

/**
 * Keeps two people from undoing each other's commands unknowingly. Must be called on the control row that the new command
 * replaces.
 * @throws OperatorError `somebody-acted` naming who gave the last command, when and why: if somebody else gave it within
 * five minutes; with `over`, if that is not the last one.
 */
export function refuseOverSomebody(control: Control, asked: Given, { over }: Wish): void {
  const last = lastCommand(control)
  const { at } = asked
  if (over !== undefined) {
    if (over === (last?.version ?? 0)) return
    throw new OperatorError(
      'somebody-acted',
      last
        ? `Version ${over} is not the last command any more: ${lastWords(last, at)}. To act on top of that one: --over ${last.version}.`
        : `There is no command of version ${over}: nobody has given one. Leave --over out.`,
    )
  }
  if (!isAnothers(last, asked)) return
  throw new OperatorError(
    'somebody-acted',
    `Somebody else acted within the last five minutes: ${lastWords(last, at)}. Talk to them first; to act on top of it: --over ${last.version}.`,
  )
}

/** `pause by …/alice, 2026-11-26T03:00:00Z (2m ago): the backup runs (version 4)`. */
export function lastWords({ verb, by, at, why, version }: LastCommand, now: number): string {
  const ago = at > now ? '' : ` (${duration(now - at)} ago)`
  const reason = why === undefined ? 'no reason given' : printable(why)
  const who = by === undefined ? 'somebody unknown' : printable(by)
  return `${verb ?? 'command'} by ${who}, ${new Date(at).toISOString().replace(/\.\d+/, '')}${ago}: ${reason} (version ${version})`
}

/** The last command for programs; `null` if nobody gave one. Unknown values are `null`. */
export function lastCommandReport(last: LastCommand | undefined) {
  if (!last) return null
  const { version, verb = null, by = null, at, why = null } = last
  return { version, command: verb, by, at: new Date(at).toISOString(), why }
}
