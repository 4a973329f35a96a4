import type { Table } from '../../dynamodb/ports.ts'
import type { RawItem } from '../../dynamodb/raw-item.ts'
import type { PagePlace } from '../../ledger/chunks.ts'
import type { Tallies } from '../../ledger/tallies.ts'

/** What a pass does to a page of items. Copy, verify and index differ only here. */
export interface PageWork {
  /**
   * Does all of it for one page, and resolves once every effect has been acknowledged: only then may the cursor move
   * past these items. Doing a page again must be harmless. `read` of what it answers is the number of items.
   */
  apply(items: RawItem[], place: PagePlace): Promise<Tallies>
}

/** A pass of one run: the table it reads from end to end, and what it does to each page. */
export interface Pass extends PageWork {
  table: Table
  /** Whether reads are strongly consistent: only where nothing carries what a stale read misses. */
  consistent: boolean
}
