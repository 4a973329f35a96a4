import { isWholeKey } from '../../chunks/chunk.ts'
import { encodeKeyValue } from '../../dynamodb/key.ts'
import type { ChunkRecord } from '../../ledger/chunks.ts'

/** A partition key that has chunks of its own, over all levels of its splitting. */
export interface SplitKey {
  /** As `encodeKeyValue` writes it. */
  key: string
  /** Ranges it is cut into now; a range that was cut again counts as its parts. */
  ways: number
  /** Its items that those ranges have read so far. */
  items: number
}

/** The keys that were split, or were whole keys of their pass, the one with the most ranges first. */
export function splitKeys(chunks: readonly ChunkRecord[]): SplitKey[] {
  const byId = new Map(chunks.map((chunk) => [chunk.id, chunk]))
  const keys = new Map<string, SplitKey>()
  for (const root of chunks) {
    if (!isWholeKey(root) || root.chunk.kind !== 'range') continue
    const ways = root.state === 'split' ? 0 : 1
    keys.set(encodeKeyValue(root.chunk.pk), { key: encodeKeyValue(root.chunk.pk), ways, items: root.tallies.read })
  }
  for (const { state, splitKey, children = [] } of chunks) {
    if (state !== 'split' || splitKey === undefined) continue
    const found = keys.get(splitKey) ?? { key: splitKey, ways: 0, items: 0 }
    for (const id of children) {
      const child = byId.get(id)
      if (child?.chunk.kind !== 'range') continue
      found.items += child.tallies.read
      if (child.state !== 'split') found.ways++
    }
    keys.set(splitKey, found)
  }
  return [...keys.values()].sort((a, b) => b.ways - a.ways || (a.key < b.key ? -1 : 1))
}
