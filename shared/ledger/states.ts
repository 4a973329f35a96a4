/** State of a run. `stopped`: nothing runs, and everything can be resumed. `aborted`: nothing is written any more. */
export type RunState = 'running' | 'stopped' | 'aborted' | 'finished'

/**
 * Why a run, or a task of a finished run, has stopped: an operator paused it; something failed; its execution ended
 * without recording it.
 */
export type Because = 'paused' | 'halted' | 'interrupted'

/** State of a chunk. `open` covers waiting, running and paused: it has work left, and a cursor to continue from. */
export type ChunkState = 'open' | 'split' | 'done' | 'failed'

/** Every legal transition of a run, with its reason. All changes of a run's state go through {@link mayChange}. */
export const runTransitions: readonly [from: RunState, to: RunState, because: string][] = [
  ['running', 'running', 'a new owner takes over a run whose execution died'],
  ['running', 'finished', 'the tree of chunks covers the table and every chunk is done'],
  ['running', 'stopped', 'an operator paused it, a phase or a chunk failed, or its execution has ended'],
  ['running', 'aborted', 'an operator aborted it, and nothing of it can write any more'],
  ['stopped', 'aborted', 'an operator aborted it, and nothing of it can write any more'],
  ['stopped', 'running', 'an operator resumed the run'],
  ['aborted', 'running', 'an operator resumed the run'],
]

/** Every legal transition of a chunk, with its reason. */
export const chunkTransitions: readonly [from: ChunkState, to: ChunkState, because: string][] = [
  ['open', 'open', 'a slice started or checkpointed'],
  ['open', 'done', 'the pass reached the end of the chunk'],
  ['open', 'split', 'a key inside would not fit in one slice'],
  ['open', 'failed', 'the retries of its slice ended'],
  ['failed', 'open', 'the run was resumed'],
]

/** State of a build. `ready`: its pass is done, and it is kept in step. `lost`, `ended`: nothing is brought into it any more. */
export type BuildState = 'preparing' | 'building' | 'ready' | 'lost' | 'ended'

/** Every legal transition of a build, with its reason. */
export const buildTransitions: readonly [from: BuildState, to: BuildState, because: string][] = [
  ['preparing', 'building', 'its indices exist, and changes from `since` on are brought into them'],
  ['building', 'ready', 'its pass is done, and the deletes that the pass may have undone were sent again'],
  ['preparing', 'lost', 'an index is gone, is another one, or is not as it is defined'],
  ['building', 'lost', 'an index is gone or is another one, or changes were lost'],
  ['ready', 'lost', 'an index is gone or is another one, or changes were lost'],
  ['preparing', 'ended', 'a build of other definitions was begun'],
  ['building', 'ended', 'a build of other definitions was begun'],
  ['ready', 'ended', 'a build of other definitions was begun'],
]

export function mayChange<S>(table: readonly [S, S, string][], from: S, to: S): boolean {
  return table.some(([a, b]) => a === from && b === to)
}
