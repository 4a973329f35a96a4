import { type ChunkRecord, getChunk, replaceChunk } from '../../ledger/chunks.ts'
import { compareAndSet } from '../../ledger/compare-and-set.ts'
import { type Control, commandAt, readControl } from '../../ledger/control.ts'
import { LedgerError } from '../../ledger/errors.ts'
import { beganWith, type Code, isAborted } from '../../ledger/fencing.ts'
import type { PassId } from '../../ledger/passes.ts'
import { getRun, type RunRecord } from '../../ledger/runs.ts'
import { joinedBy } from '../../ledger/shares.ts'
import type { LedgerTable } from '../../ledger/table.ts'
import { executionName, type Outcome } from './outcome.ts'

/** Which chunk to work on, and under which lease. */
export interface SliceTask {
  run: string
  pass: PassId
  chunk: string
  fence: number
}

export interface Claimed {
  run: RunRecord
  record: ChunkRecord
  control: Control
  /** The slice before has not said that it ended, and may not know yet that it is fenced. */
  isTakenOver: boolean
}

export type Started = ({ kind: 'started' } & Claimed) | { kind: 'ended'; outcome: Outcome }

/**
 * Claims a chunk for this slice: checks that the run still wants it, raises the epoch (which fences any older slice)
 * and records the hard deadline. A chunk without work returns at once; a split one returns the same children as before.
 */
export async function startSlice(
  ledger: LedgerTable,
  task: SliceTask,
  code: Code,
  now: number,
  deadline: number,
): Promise<Started> {
  const ended = (outcome: Outcome): Started => ({ kind: 'ended', outcome })
  const [run, control] = await Promise.all([getRun(ledger, task.run), readControl(ledger, task.run)])
  if (control.fence !== task.fence) return ended({ outcome: 'stopped', reason: 'fenced' })
  if (isAborted(run, control)) return ended({ outcome: 'stopped', reason: 'aborted' })
  if (!beganWith(run, code)) return ended({ outcome: 'stopped', reason: 'code changed' })
  if (commandAt(control, now) === 'pause') return ended({ outcome: 'stopped', reason: 'paused' })
  const claim = async (): Promise<{ done: Started } | undefined> => {
    const row = await getChunk(ledger, task.run, task.pass, task.chunk)
    if (!row)
      throw new LedgerError(
        'row-missing',
        `Run ${task.run} has no chunk ${task.chunk}. Resume the run to plan it again.`,
      )
    if (row.state === 'done') return { done: ended({ outcome: 'done' }) }
    if (row.state === 'split') return { done: ended(splitOutcome(row)) }
    if (row.state === 'failed' || row.fence > task.fence)
      return { done: ended({ outcome: 'stopped', reason: 'fenced' }) }
    const { joined: _, using: _u, ...rest } = row
    const joined = joinedBy(row, task.fence, now)
    const record: ChunkRecord = {
      ...rest,
      ...(joined && { joined }),
      epoch: row.epoch + 1,
      fence: task.fence,
      slices: row.slices + 1,
      starts: [...row.starts, row.tallies.read],
      startedAt: row.startedAt ?? now,
      updatedAt: now,
      deadline,
    }
    if (row.deadline !== undefined) record.undrained = Math.max(row.undrained ?? 0, row.deadline)
    if (!(await replaceChunk(ledger, record, { epoch: row.epoch, state: 'open' }))) return undefined
    // Fencing reads the chunks after it writes the fence, to learn how long they may still write; a slice reads the
    // fence after it claims its chunk. So one of the two sees the other.
    const control = await readControl(ledger, task.run)
    if (control.fence !== task.fence) return { done: ended({ outcome: 'stopped', reason: 'fenced' }) }
    const isTakenOver = row.deadline !== undefined && row.deadline > now
    return { done: { kind: 'started', run, record, control, isTakenOver } }
  }
  try {
    return await compareAndSet(`Chunk ${task.chunk} of run ${task.run}`, claim)
  } catch (error) {
    // Other slices of this chunk keep starting, and their results may go nowhere: retry later instead of failing the
    // chunk.
    if (LedgerError.is(error) && error.code === 'lost-race') return ended({ outcome: 'waiting' })
    throw error
  }
}

/** The children of a split chunk. Their names are the same on every call. */
export function splitOutcome(parent: ChunkRecord): Outcome {
  const children = (parent.children ?? []).map((chunk) => ({
    chunk,
    name: executionName({ run: parent.run, pass: parent.pass, chunk }, parent.epoch),
  }))
  return { outcome: 'split', children }
}
