import type { Table } from '../../dynamodb/ports.ts'
import type { RawItem } from '../../dynamodb/raw-item.ts'
import type { PagePlace } from '../../ledger/chunks.ts'
import type { AliasTallies, Tallies } from '../../ledger/tallies.ts'

/** The work of a pass on a page of items. Copy, verify and orphans differ only here. */
export interface PageWork {
  /**
   * Processes one page and resolves once every effect is acknowledged: only then may the cursor move past these items.
   * Repeating a page must be harmless. `read` of the result is the number of items.
   */
  apply(items: RawItem[], place: PagePlace): Promise<PageTallies>
}

/** The tallies of a page; those of its documents also by alias, where the pass makes documents. */
export type PageTallies = Tallies & { aliases?: AliasTallies }

/** A pass of one run: the table it reads from end to end, and its work on each page. */
export interface Pass extends PageWork {
  table: Table
  /**
   * Whether reads are strongly consistent. Needed only if nothing else carries the changes that a stale read misses.
   */
  consistent: boolean
  /** How long a page may wait before its differences count, ms. A copy never waits. @default 0 */
  patienceMs?: number
}
