import type { Key } from '../dynamodb/key.ts'
import { type Head, isFull } from '../ledger/heads.ts'

/** A change of one destination key that a record of the source item `source` (encoded) asks for. */
export interface Claim {
  source: string
  seq: string
  op: 'put' | 'delete'
  key: Key
  /** The quiet period that the applier last read; it may be over. */
  quiet?: string | undefined
}

/** The decision on a claim. */
export type Decision =
  /** The item and its head in one transaction. */
  | { kind: 'write'; head: Head }
  /** Write the head alone: settling decides about the item. */
  | { kind: 'contest'; head: Head }
  /** Marked already, by an earlier delivery of this record or by a later record: settling decides about the item. */
  | { kind: 'contested'; head: Head }
  /** This record has been applied already, or its source item does not fit into the head. */
  | { kind: 'applied' }

/** Whether a head leaves a source item out, because hundreds of others contest it. */
export function isLeftOut(head: Head, source: string): boolean {
  return head.contested && head.sources[source] === undefined && isFull(head)
}

/**
 * The rule of docs/architecture.md §7.2. A head with one source item accepts newer records of that item. Anything else
 * (an older record, another source item) makes it contested for good: from then on only settling changes the item.
 *
 * A delete counts as settled from the start if quiet is known. That knowledge may be out of date, which is harmless. A
 * delete that was written during quiet cannot be undone by copy, settled or not. If quiet has ended since, the next
 * period has another name, so the head counts as unsettled in it.
 */
export function decide(head: Head | undefined, { source, seq, op, key, quiet }: Claim): Decision {
  if (!head) return { kind: 'write', head: written({ key, op, sources: {}, version: 0 }) }
  const seen = head.sources[source]
  if (isLeftOut(head, source)) return { kind: 'applied' }
  if (head.contested && seen !== undefined && seq <= seen) return { kind: 'contested', head }
  if (head.contested || seen === undefined || seq < seen) return { kind: 'contest', head: contested(head) }
  return seq === seen ? { kind: 'applied' } : { kind: 'write', head: written(head) }

  function written({ version }: Pick<Head, 'key' | 'op' | 'sources' | 'version'>): Head {
    const next: Head = { key, op, sources: { [source]: seq }, contested: false, version: version + 1 }
    return op === 'delete' && quiet !== undefined ? { ...next, settled: quiet } : next
  }

  function contested({ settled: _, ...before }: Head): Head {
    const seen = before.sources[source]
    const sources = { ...before.sources, [source]: seen !== undefined && seen > seq ? seen : seq }
    return { ...before, sources, contested: true, version: before.version + 1 }
  }
}
