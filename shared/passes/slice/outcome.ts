import { createHash } from 'node:crypto'
import type { Stopped } from '../../ledger/fencing.ts'
import type { PassId } from '../../ledger/passes.ts'

/**
 * A child of a split, ready to be started. `name` names its execution, without the retry count that the machine
 * appends.
 */
export interface StartChild {
  chunk: string
  name: string
}

/** The outcome of one slice, by which the `chunk` state machine chooses. Always data, never an error. */
export type Outcome =
  | { outcome: 'done' }
  /** Time is nearly up, or the tables failed after some progress: invoke again to continue from the checkpoint. */
  | { outcome: 'more' }
  /** Another slice has the chunk: wait and retry. */
  | { outcome: 'waiting' }
  | { outcome: 'split'; children: StartChild[] }
  | Stopped

/**
 * `<run8>-<hash of pass and chunk>-<epoch>`: at most 80 characters of [0-9A-Za-z_-] once the machine has appended
 * `-<retry>`. A name cannot be used again for 90 days after its execution ends, so the epoch makes it unique (or a
 * time, for a fresh execution of the same chunk). The hash covers the pass because chunks of different passes have the
 * same ids.
 */
export function executionName(
  { run, pass, chunk }: { run: string; pass: PassId; chunk: string },
  epoch: number | string,
): string {
  return `${run.slice(0, 8)}-${createHash('sha256').update(`${pass}/${chunk}`).digest('hex').slice(0, 24)}-${epoch}`
}

/** State that the machine passes from one slice of a chunk to the next. */
export interface Step {
  /** Slices invoked in this execution so far. */
  round: number
  /** How long the last wait was. No value if there was none. */
  waitSeconds?: number
}

/**
 * An outcome with the machine's additions: its round, the name of a fresh execution to continue in, and how long to
 * wait.
 */
export type Stepped = Outcome & Step & { name?: string }

const longestWaitSeconds = 60

/** Adds the machine's fields to an outcome. A wait takes 5, 10, 20, … up to 60 seconds. */
export function step(outcome: Outcome, before: Step, name: string): Stepped {
  const round = before.round + 1
  if (outcome.outcome === 'waiting')
    return { ...outcome, round, name, waitSeconds: Math.min(longestWaitSeconds, (before.waitSeconds ?? 2.5) * 2) }
  if (outcome.outcome === 'more') return { ...outcome, round, name }
  return { ...outcome, round }
}
