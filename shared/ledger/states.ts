/** State of a run. `halted`: nothing runs, and everything can be resumed. */
export type RunState = 'running' | 'halted' | 'finished'

/** State of a chunk. `open` covers waiting, running and paused: it has work left, and a cursor to continue from. */
export type ChunkState = 'open' | 'split' | 'done' | 'failed'

/** Every legal transition of a run, with its reason. All changes of a run's state go through {@link mayChange}. */
export const runTransitions: readonly [from: RunState, to: RunState, because: string][] = [
  ['running', 'running', 'a new owner takes over a run whose execution died'],
  ['running', 'finished', 'the tree of chunks covers the table and every chunk is done'],
  ['running', 'halted', 'a phase failed, a chunk failed, or the code changed'],
  ['halted', 'running', 'an operator resumed the run'],
  ['finished', 'running', 'an operator verifies or repairs the result again'],
]

/** Every legal transition of a chunk, with its reason. */
export const chunkTransitions: readonly [from: ChunkState, to: ChunkState, because: string][] = [
  ['open', 'open', 'a slice started or checkpointed'],
  ['open', 'done', 'the pass reached the end of the chunk'],
  ['open', 'split', 'a key inside would not fit in one slice'],
  ['open', 'failed', 'the retries of its slice ended'],
  ['failed', 'open', 'the run was resumed'],
]

export function mayChange<S>(table: readonly [S, S, string][], from: S, to: S): boolean {
  return table.some(([a, b]) => a === from && b === to)
}
