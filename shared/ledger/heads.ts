import { decodeKey, encodeKey, type Key } from '../dynamodb/key.ts'
import { bucketOf, digest, expiry } from './keys.ts'
import { eachPage } from './pages.ts'
import type { LedgerTable, Put, Row } from './table.ts'

/** Partition keys the heads of a run are spread over; each takes 1,000 writes a second. */
export const headBuckets = 256

/** The newest live change of one destination key. */
export interface Head {
  /** Of the destination. */
  key: Key
  /** The last operation on the destination item. */
  op: 'put' | 'delete'
  /**
   * Every source item that touched the key (encoded), with the highest sequence number of its records. Each has its own
   * number because numbers of different source items cannot be compared.
   */
  sources: { [source: string]: string }
  /** A record lost, or several source items share this key. Only re-reading all of them shows what is right. */
  contested: boolean
  /** The quiet period in which it was last settled, see `Control.quiet`. */
  settled?: string
  /** Raised by each change; every write of a head expects the version it read. */
  version: number
}

/**
 * The most characters of source keys in one head: enough for hundreds of keys, far below the 400 KB limit of an item.
 */
const mostSourceText = 32_768

/**
 * Whether a head has no room for another source item. Only a mistake makes that many source items share a key, and
 * verify reports it.
 */
export function isFull({ sources }: Pick<Head, 'sources'>): boolean {
  return Object.keys(sources).reduce((sum, { length }) => sum + length, 0) > mostSourceText
}

/** As many of these source items as fit into a head, smallest first, because settling chooses the smallest. */
export function fitting(sources: Head['sources']): Head['sources'] {
  const kept: Head['sources'] = {}
  for (const name of Object.keys(sources).sort()) {
    if (isFull({ sources: kept })) break
    kept[name] = sources[name] as string
  }
  return kept
}

/**
 * Whether the destination item may still be wrong in this quiet period. A put that was never contested is right from
 * the start: copy does not overwrite it, and the next record of its source item will.
 */
export function needsSettling(head: Head, quiet: string | undefined): boolean {
  if (head.op === 'put' && !head.contested) return false
  return quiet === undefined || head.settled !== quiet
}

export async function readHead(ledger: LedgerTable, run: string, key: Key): Promise<Head | undefined> {
  const { pk, sk } = rowKey(run, encodeKey(key))
  const row = await ledger.get(pk, sk)
  return row && headOf(row)
}

/** Visits the heads of a bucket in no particular order. A bucket may hold hundreds of thousands. */
export async function eachHead(
  ledger: LedgerTable,
  run: string,
  bucket: number,
  visit: (head: Head) => void,
): Promise<void> {
  await eachPage(ledger, headPk(run, bucket), (rows) => {
    for (const row of rows) visit(headOf(row))
  })
}

/**
 * A put that replaces the head that was read.
 * @param now ms since the epoch.
 */
export function headPut(run: string, next: Head, expected: Head | undefined, now: number): Put {
  const { key, op, sources, contested, settled, version } = next
  const text = encodeKey(key)
  const row: Row = { ...rowKey(run, text), key: text, op, sources, contested, version, expiresAt: expiry(now) }
  if (settled !== undefined) row.settled = settled
  return { row, expect: expected ? { version: expected.version } : 'absent' }
}

/** Replaces a head without its item; returns `false` if the stored head is not as expected. */
export function replaceHead(
  ledger: LedgerTable,
  run: string,
  next: Head,
  expected: Head | undefined,
  now: number,
): Promise<boolean> {
  return ledger.commit([headPut(run, next, expected, now)])
}

/** Partition key of the heads of a bucket, which lie in the order of `digest(encodeKey(key))`. */
export const headPk = (run: string, bucket: number) => `HEAD#${run}#${String(bucket).padStart(3, '0')}`

function rowKey(run: string, key: string): { pk: string; sk: string } {
  const sk = digest(key)
  return { pk: headPk(run, bucketOf(sk, headBuckets)), sk }
}

/** The bucket in which the head of a destination key lies. */
export function headBucketOf(key: Key): number {
  return bucketOf(digest(encodeKey(key)), headBuckets)
}

export function headOf({ key, op, sources, contested, settled, version }: Row): Head {
  const head = { key: decodeKey(key as string), op, sources, contested, version } as Head
  return typeof settled === 'string' ? { ...head, settled } : head
}
