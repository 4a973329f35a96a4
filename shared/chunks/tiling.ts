import type { KeyValue } from '../dynamodb/attributes.ts'
import { type Key, sameKeyValue } from '../dynamodb/key.ts'
import type { Chunk, RangeChunk } from './chunk.ts'
import { compareKeyValues, keyTypeOf, maxKeyValue } from './order.ts'

/** Whether an item with this key belongs to the range `(after, upTo]`. */
export function covers({ pk, after, upTo }: RangeChunk, key: Key): boolean {
  if (!key.sk || !sameKeyValue(pk, key.pk)) return false
  return (!after || compareKeyValues(key.sk, after) > 0) && (!upTo || compareKeyValues(key.sk, upTo) <= 0)
}

/**
 * Whether the children of a split, in any order, cover the rest of their parent after `cursor` exactly once (invariant
 * I5). Independent of how a split is made.
 */
export function tiles(parent: Chunk, cursor: Key, children: Chunk[]): boolean {
  const ranges = children.filter((child) => child.kind === 'range')
  const segments = children.filter((child) => child.kind === 'segment')
  if (!cursor.sk || ranges.length === 0 || ranges.some(({ pk }) => !sameKeyValue(pk, cursor.pk))) return false
  if (parent.kind === 'range') return segments.length === 0 && chain(ranges, cursor.sk, parent.upTo)

  const [rest, ...more] = segments
  const beyond = { pk: cursor.pk, sk: maxKeyValue(keyTypeOf(cursor.sk)) }
  return (
    rest !== undefined &&
    more.length === 0 &&
    rest.segment === parent.segment &&
    rest.totalSegments === parent.totalSegments &&
    rest.after?.sk !== undefined &&
    sameKeyValue(rest.after.pk, beyond.pk) &&
    sameKeyValue(rest.after.sk, beyond.sk) &&
    chain(ranges, cursor.sk, undefined)
  )
}

/** Whether the sorted ranges lead from `after` to `upTo`, each starting at the end of the one before it. */
function chain(ranges: RangeChunk[], after: KeyValue, upTo: KeyValue | undefined): boolean {
  let reached: KeyValue | undefined = after
  for (const range of ranges.toSorted(byStart)) {
    if (!reached || !range.after || compareKeyValues(range.after, reached) !== 0) return false
    if (range.upTo && compareKeyValues(range.upTo, range.after) <= 0) return false
    reached = range.upTo
  }
  return reached && upTo ? compareKeyValues(reached, upTo) === 0 : reached === upTo
}

function byStart(a: RangeChunk, b: RangeChunk): number {
  if (!a.after || !b.after) return Number(Boolean(a.after)) - Number(Boolean(b.after))
  return compareKeyValues(a.after, b.after)
}
