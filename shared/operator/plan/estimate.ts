import type { Sample } from './sample.ts'

/** How many items the source holds, and how reliable that number is. */
export interface ItemEstimate {
  items: number
  /**
   * `counted`: the sample read every item; `reported`: the table's own count, about six hours old; `at-least`: the
   * sample alone has more items than the table's count, which is therefore outdated.
   */
  basis: 'counted' | 'reported' | 'at-least'
}

export function estimateItems(reported: number, { sums, complete, fullPages }: Sample): ItemEstimate {
  if (complete && fullPages.length === 0) return { items: sums.items, basis: 'counted' }
  if (sums.items > reported) return { items: sums.items, basis: 'at-least' }
  return { items: reported, basis: 'reported' }
}
