import { createHash } from 'node:crypto'
import type { PassId } from '../../ledger/passes.ts'

/** A child of a split, ready to be started: `name` is that of its execution, without the retry count the machine appends. */
export interface StartChild {
  chunk: string
  name: string
}

/** What one slice came to; the `chunk` state machine chooses by `outcome`. Always data, never an error. */
export type Outcome =
  | { outcome: 'done' }
  /** Time is up, or nearly, or the tables failed after it had got further: invoke again, it goes on from the checkpoint. */
  | { outcome: 'more' }
  /** The run is paused, or another slice has the chunk: wait and ask again. */
  | { outcome: 'paused' }
  | { outcome: 'split'; children: StartChild[] }
  | { outcome: 'stopped'; reason: 'aborted' | 'fenced' | 'code changed' }

/**
 * `<run8>-<hash of pass and chunk>-<epoch>`: at most 80 characters of [0-9A-Za-z_-] once the machine has appended
 * `-<retry>`. A closed name cannot be used again for 90 days, so the epoch (or for a fresh execution of the same chunk, a
 * time) makes each one its own; and chunks of different passes have the same ids.
 */
export function executionName(
  { run, pass, chunk }: { run: string; pass: PassId; chunk: string },
  epoch: number | string,
): string {
  return `${run.slice(0, 8)}-${createHash('sha256').update(`${pass}/${chunk}`).digest('hex').slice(0, 24)}-${epoch}`
}

/** What the machine carries from one slice of a chunk to the next. */
export interface Step {
  /** Slices invoked in this execution so far. */
  round: number
  /** How long the last pause lasted; absent when it was not paused. */
  waitSeconds?: number
}

/** An outcome as the machine sees it: with its round, the name of a fresh execution to go on in, and how long to wait. */
export type Stepped = Outcome & Step & { name?: string }

const longestWaitSeconds = 60

/** Adds to an outcome what the machine needs for its next step. A pause waits 5, 10, 20, … up to 60 seconds. */
export function step(outcome: Outcome, before: Step, name: string): Stepped {
  const round = before.round + 1
  if (outcome.outcome === 'paused')
    return { ...outcome, round, name, waitSeconds: Math.min(longestWaitSeconds, (before.waitSeconds ?? 2.5) * 2) }
  if (outcome.outcome === 'more') return { ...outcome, round, name }
  return { ...outcome, round }
}
