import type { Key } from '../dynamodb/key.ts'
import { type Head, isFull } from '../ledger/heads.ts'

/** One change of one destination key, as a record of the source item `source` (encoded) asks for it. */
export interface Claim {
  source: string
  seq: string
  op: 'put' | 'delete'
  key: Key
  /** The quiet period the applier last knew of; it may be over. */
  quiet?: string | undefined
}

/** What to do about a claim. */
export type Decision =
  /** The item and its head in one transaction. */
  | { kind: 'write'; head: Head }
  /** The head alone: settling decides about the item. */
  | { kind: 'contest'; head: Head }
  /** It is marked already, by this record's first delivery or by a later record; settling decides about the item. */
  | { kind: 'contested'; head: Head }
  /** The very same record has been here, or is of a source item too many for the head. */
  | { kind: 'applied' }

/** Whether a head takes no note of a source item, because it is contested by hundreds of others. */
export function isLeftOut(head: Head, source: string): boolean {
  return head.contested && head.sources[source] === undefined && isFull(head)
}

/**
 * The rule of docs/architecture.md §7.2. A head of one source item lets newer records of that item through. Whatever else meets (an
 * older record, another source item) makes it contested, and contested it stays: no record touches the item any more,
 * settling does.
 *
 * A delete is born settled where quiet is known. That knowledge may be old, either way, and harmless: a delete that was
 * written while quiet held cannot be undone by copy, settled or not; and where quiet has ended since, the period's name
 * is no longer the one in force, so the head counts as unsettled in the next.
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
