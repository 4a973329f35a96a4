import { expect } from 'vitest'
import type { LedgerTable, Row } from '../../../shared/ledger/table.ts'
import { heapMeter } from '../heap.ts'

/** Rows in the list; a kilobyte of text in each makes them 20 MB at least. */
export const listed = 20_000
const mostBytes = 12_000_000

/** A text that is like no other, long enough to be noticed where it is held. */
export const longText = (n: number) => `${n}`.padStart(1_000, '-')

/**
 * A ledger in which the partition `pk` holds so many rows as `make` tells, made as they are asked for. `expectLittleHeld` fails
 * if what was held of them, the page just read included, ever came near to what all of them take.
 */
export function withLongList(inner: LedgerTable, pk: string, make: (n: number) => Omit<Row, 'pk' | 'sk'>) {
  const heap = heapMeter()
  const row = (n: number): Row => ({ ...make(n), pk, sk: `${n}`.padStart(64, '0') })
  const ledger: LedgerTable = {
    get: (...asked) => inner.get(...asked),
    commit: (puts) => inner.commit(puts),
    async query(asked, prefix, page) {
      if (asked !== pk) return inner.query(asked, prefix, page)
      if (!heap.begun()) await heap.measure()
      const first = page?.after ? Number(page.after) + 1 : 0
      const rows = Math.min(listed - first, page?.limit ?? listed)
      const answer = Array.from({ length: rows }, (_, i) => row(first + i))
      await heap.measure()
      return answer
    },
  }
  return {
    ledger,
    async expectLittleHeld() {
      expect(heap.begun(), 'the list was read').toBe(true)
      await heap.measure()
      expect(heap.most()).toBeLessThan(mostBytes)
    },
  }
}
