import type { RawItem } from '../../dynamodb/raw-item.ts'
import type { PagePlace } from '../../ledger/chunks.ts'
import type { Tallies } from '../../ledger/tallies.ts'

/** What is done to the items of a walk. Copy, verify and index differ only here. */
export interface Pass {
  /**
   * Does all of it for one page, and resolves once every effect has been acknowledged: only then may the cursor move
   * past these items. Doing a page again must be harmless. `read` of what it answers is the number of items.
   */
  apply(items: RawItem[], place: PagePlace): Promise<Tallies>
}
