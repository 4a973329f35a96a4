import { decodeKey, encodeKey, type Key } from '../dynamodb/key.ts'
import { inParallel } from '../runtime/parallel.ts'
import { bucketOf, digest, expiry, quarantineShardPk, shards } from './keys.ts'
import { eachPage } from './pages.ts'
import type { LedgerTable, Put, Row } from './table.ts'

/** A source item that could not be migrated: none of its outputs stays written. `reason` never holds item contents. */
export interface Quarantined {
  key: Key
  migration: string
  reason: string
  /** Milliseconds since the epoch. */
  at: number
}

/**
 * Adds items that copy could not migrate, at most 100 in one transaction. An existing entry stays as it is: a live
 * change may have made it, and a late delivery of that change must find its number (see `live/quarantine.ts`).
 */
export async function quarantine(ledger: LedgerTable, run: string, items: Quarantined[]): Promise<void> {
  for (let i = 0; i < items.length; i += 100) {
    const puts = items.slice(i, i + 100).map(({ key, ...entry }) => {
      const text = encodeKey(key)
      return {
        row: { ...entryKey(run, text), key: text, expiresAt: expiry(entry.at), ...entry },
        expect: 'absent' as const,
      }
    })
    if (await ledger.commit(puts)) continue
    for (const put of puts) await ledger.commit([put])
  }
}

/** An entry of the list, as live changes and verify keep it. */
export interface QuarantineEntry extends Quarantined {
  /** Sequence number of the record that made the entry. */
  seq?: string
  /** If DynamoDB refused the item: a digest of the source item at that time. */
  refused?: string
  /** Taken off the list; kept so that a late delivery finds its number. */
  cleared?: boolean
  /** Each change raises it. An entry that copy made has none. */
  version?: number
}

export async function readEntry(ledger: LedgerTable, run: string, key: Key): Promise<QuarantineEntry | undefined> {
  const { pk, sk } = entryKey(run, encodeKey(key))
  const row = await ledger.get(pk, sk)
  if (!row) return undefined
  const { pk: _pk, sk: _sk, expiresAt: _e, key: _k, ...entry } = row
  return { ...entry, key } as unknown as QuarantineEntry
}

/** Replaces the entry that was read; returns `false` if it has changed since. */
export function replaceEntry(
  ledger: LedgerTable,
  run: string,
  before: QuarantineEntry | undefined,
  entry: QuarantineEntry,
): Promise<boolean> {
  return ledger.commit([entryPut(run, before, entry)])
}

/**
 * A put that replaces the entry that was read. An entry of copy has no version, so its time tells it from another entry
 * of copy.
 */
export function entryPut(run: string, before: QuarantineEntry | undefined, { key, ...entry }: QuarantineEntry): Put {
  const text = encodeKey(key)
  const version = (before?.version ?? 0) + 1
  const row = { ...entryKey(run, text), key: text, expiresAt: expiry(entry.at), ...entry, version }
  return { row, expect: before ? { version: before.version, at: before.at } : 'absent' }
}

function entryKey(run: string, key: string): { pk: string; sk: string } {
  const sk = digest(key)
  return { pk: quarantineShardPk(run, bucketOf(sk, shards)), sk }
}

/** How many items of a run are quarantined now. */
export async function countQuarantine(ledger: LedgerTable, run: string): Promise<number> {
  let items = 0
  await eachListed(ledger, run, () => void items++)
  return items
}

/** Visits each quarantined item of a run, in no order. Keeps no list, which may be larger than memory. */
export async function eachQuarantined(
  ledger: LedgerTable,
  run: string,
  visit: (item: Quarantined) => void,
): Promise<void> {
  await eachListed(ledger, run, ({ key, migration, reason, at }) =>
    visit({
      key: decodeKey(key as string),
      migration: migration as string,
      reason: reason as string,
      at: at as number,
    }),
  )
}

/** Every quarantined item of a run, in no order. */
export async function listQuarantine(ledger: LedgerTable, run: string): Promise<Quarantined[]> {
  const items: Quarantined[] = []
  await eachQuarantined(ledger, run, (item) => void items.push(item))
  return items
}

async function eachListed(ledger: LedgerTable, run: string, visit: (row: Row) => void): Promise<void> {
  const all = Array.from({ length: shards }, (_, shard) => shard)
  await inParallel(8, all, (shard) =>
    eachPage(ledger, quarantineShardPk(run, shard), (rows) => {
      // A cleared entry is kept so that a late delivery finds it.
      for (const row of rows) if (!row.cleared) visit(row)
    }),
  )
}
