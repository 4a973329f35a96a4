import { inParallel } from '../runtime/parallel.ts'
import type { Clock } from '../runtime/ports.ts'
import { chunkShardPk, quarantineShardPk, shards } from './keys.ts'
import { endOf, pageRows } from './pages.ts'
import type { PassId } from './passes.ts'
import type { ChunkState } from './states.ts'
import type { LedgerTable, Row } from './table.ts'

/** How the chunks of a pass stand, for whoever watches them every minute. Times are ms since the epoch. */
export interface ChunksSeen {
  /** The last write of any of them; 0 where there are none. */
  newest: number
  open: number
  failed: number
  /** Of one that failed: the earliest. */
  firstFailed?: { chunk: string; reason: string; at: number }
  /** Of one whose slice is under way and that was not written for the longest. */
  quietest?: { chunk: string; at: number }
  /** Some were not read, because there are too many. */
  isPartial: boolean
}

/**
 * Reads the rows of a pass as long as there is time: a pass may have a million.
 * @param first the shard to begin with, so that each is read at times.
 */
export async function watchChunks(
  ledger: LedgerTable,
  run: string,
  pass: PassId,
  { clock, until, first = 0 }: { clock: Clock; until: number; first?: number },
): Promise<ChunksSeen> {
  const seen: ChunksSeen = { newest: 0, open: 0, failed: 0, isPartial: false }
  await inParallel(8, ringFrom(first), async (shard) => {
    for (let after: string | undefined = ''; after !== undefined; ) {
      if (clock() >= until) {
        seen.isPartial = true
        return
      }
      const page: Row[] = await ledger.query(chunkShardPk(run, shard), `CHUNK#${pass}#`, { after, limit: pageRows })
      for (const row of page) note(row as unknown as WatchedRow, seen, clock())
      after = endOf(page)
    }
  })
  return seen
}

interface WatchedRow {
  id: string
  state: ChunkState
  updatedAt: number
  deadline?: number
  reason?: string
}

function note({ id, state, updatedAt, deadline, reason = '' }: WatchedRow, seen: ChunksSeen, now: number): void {
  seen.newest = Math.max(seen.newest, updatedAt)
  if (state === 'open') seen.open++
  if (state === 'failed') {
    seen.failed++
    if (!seen.firstFailed || updatedAt < seen.firstFailed.at) seen.firstFailed = { chunk: id, reason, at: updatedAt }
  }
  if (state === 'open' && deadline !== undefined && deadline > now && !(seen.quietest && seen.quietest.at <= updatedAt))
    seen.quietest = { chunk: id, at: updatedAt }
}

const ringFrom = (first: number) => Array.from({ length: shards }, (_, i) => (first + i) % shards)

/** How many items of a run are quarantined now, counted no further than `most`, and when the newest of those was. */
export async function countQuarantineTo(
  ledger: LedgerTable,
  run: string,
  most: number,
): Promise<{ items: number; newest: number }> {
  let [items, newest] = [0, 0]
  await inParallel(8, ringFrom(0), async (shard) => {
    for (let after: string | undefined = ''; after !== undefined && items < most; ) {
      const page: Row[] = await ledger.query(quarantineShardPk(run, shard), '', { after, limit: pageRows })
      // A cleared entry is kept so that a late delivery finds it.
      for (const { cleared, at } of page) {
        if (cleared) continue
        items++
        newest = Math.max(newest, at as number)
      }
      after = endOf(page)
    }
  })
  return { items: Math.min(items, most), newest }
}
