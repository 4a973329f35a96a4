import type { RawItem } from '../dynamodb/raw-item.ts'
import type { Tallies } from '../ledger/tallies.ts'

/** What is done to the items of a walk. Copy, verify and index differ only here. */
export interface Pass {
  /**
   * Does all of it for one page, and resolves once every effect has been acknowledged: only then may the cursor move
   * past these items. Doing a page again must be harmless.
   */
  apply(items: RawItem[]): Promise<Tallies>
}
