import { InvalidArgumentError, Option } from 'commander'
import type { Wish } from '../../shared/operator/people.ts'

/** What the flags of a command say to other people. */
export interface WishFlags {
  reason?: string
  over?: number
}

/** Why somebody gives a command. */
export function reasonOption(): Option {
  return new Option('--reason <text>', 'why; `segue status` and `segue watch` show it to others')
}

/** That they know of somebody else's command, and act on top of it. */
export function overOption(): Option {
  return new Option(
    '--over <version>',
    "act although somebody else gave a command within five minutes: that command's version, as the refusal names it",
  ).argParser(parseVersion)
}

export function wishOf({ reason, over }: WishFlags): Wish {
  return { ...(reason !== undefined && { why: reason }), ...(over !== undefined && { over }) }
}

function parseVersion(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Expected a version as the refusal names it, such as 4.')
  return Number(text)
}
