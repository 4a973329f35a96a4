import type { Attributes } from '../dynamodb/attributes.ts'
import { canonical } from '../dynamodb/canonical.ts'
import { decodeKey, encodeKey, type Key } from '../dynamodb/key.ts'
import type { RawItem } from '../dynamodb/raw-item.ts'
import { digest, quarantineShardPk, shards } from '../ledger/keys.ts'
import { type QuarantineEntry, readEntry, replaceEntry } from '../ledger/quarantine.ts'
import { migrateItem } from '../migrations/migrate-item.ts'
import { retry } from '../runtime/retry.ts'
import type { LiveEngine } from './engine.ts'
import { LiveError } from './errors.ts'
import type { List } from './list-work.ts'
import type { StreamRecord } from './ports.ts'

/**
 * The quarantine list while live changes are applied. Copy may add entries from pages that it read earlier, and records
 * may be delivered twice or late. So entries are removed only in a quiet period, after the source has been read. The row
 * of a removed entry stays, as `cleared`: a record that is delivered late finds its own sequence number in `seq`.
 */

const contended = (reason: string) =>
  new LiveError('contended', `The quarantine entry of an item could not be written: ${reason}. Try again.`)

/** Why a source item is on the list. */
export interface Unfit {
  migration: string
  reason: string
  /** If DynamoDB refuses its outputs: {@link contentsOf} the refused item. */
  refused?: string
}

/** A digest that distinguishes the states of a source item. */
export function contentsOf(item: Attributes): string {
  return digest(canonical({ M: item })!)
}

/**
 * Quarantines the source item of a record that cannot be migrated, unless this record or a later one has already been
 * listed. If the item is listed because DynamoDB refuses its present state, that entry stays, now with the number of this
 * record: it came late, and the record of the present state is not judged again.
 */
export async function listQuarantined(
  { key, seq }: StreamRecord,
  why: Unfit,
  { ledger, run, runtime, source }: LiveEngine,
): Promise<void> {
  const text = encodeKey(key)
  await retry<void>(
    'quarantine',
    runtime,
    async () => {
      const before = await readEntry(ledger, run, key)
      if (before?.seq !== undefined && before.seq >= seq) return { done: undefined }
      const [item] = before && !before.cleared && before.refused !== undefined ? await source.get([key]) : []
      if (before && item && stillRefused(before, item)) {
        const kept = await replaceEntry(ledger, run, before, { ...before, seq })
        return kept ? { done: undefined } : { again: 'it changed' }
      }
      const at = runtime.clock()
      const listed = await replaceEntry(ledger, run, before, { key, ...why, at, seq })
      if (!listed) return { again: 'it changed' }
      const { migration, reason } = why
      runtime.emit({ code: 'item.quarantined', run, migration, reason, key: text })
      return { done: undefined }
    },
    contended,
  )
}

/**
 * Takes a source item off the list if it can be migrated now, or is gone. The stream carries its outputs: copy read it
 * when it could not be migrated, so the record of its cure is later than that read, and capture was on by then. An item
 * that DynamoDB refused stays on the list until it changes, or until repair has written all of it.
 */
export async function recheckQuarantined(
  key: Key,
  { ledger, run, runtime, source, migrations, schema }: LiveEngine,
): Promise<void> {
  await retry<void>(
    'recheck quarantine',
    runtime,
    async () => {
      const before = await readEntry(ledger, run, key)
      if (!before || before.cleared) return { done: undefined }
      // Read after the entry: if the item can no longer be migrated later, its record finds this entry changed or
      // changes it first.
      const [item] = await source.get([key])
      if (item && migrateItem(migrations, schema, item).kind === 'quarantined') return { done: undefined }
      if (item && stillRefused(before, item)) return { done: undefined }
      const cleared = await replaceEntry(ledger, run, before, { ...before, cleared: true })
      return cleared ? { done: undefined } : { again: 'it changed' }
    },
    contended,
  )
}

/**
 * Quarantines a source item that verify could not migrate. The item is read, strongly consistent, after its entry. If
 * it is cured meanwhile, this call sees either the cure or a changed entry, because the record that made it fail was
 * applied, and listed it, before the record of its cure.
 * @returns whether it is on the list; `false`: it can be migrated by now, or is gone.
 */
export async function listQuarantinedByPass(
  key: Key,
  { ledger, run, runtime, source, migrations, schema }: Omit<LiveEngine, 'tables'>,
): Promise<boolean> {
  return retry<boolean>(
    'quarantine',
    runtime,
    async () => {
      const before = await readEntry(ledger, run, key)
      if (before && !before.cleared) return { done: true }
      const [item] = await source.get([key])
      const result = item && migrateItem(migrations, schema, item)
      if (result?.kind !== 'quarantined') return { done: false }
      const { migration, reason } = result
      const text = encodeKey(key)
      const at = runtime.clock()
      // Keeps `seq`: a late delivery of that record must find it.
      const seq = before?.seq
      const entry = { key, migration, reason, at, ...(seq !== undefined && { seq }) }
      if (!(await replaceEntry(ledger, run, before, entry))) return { again: 'it changed' }
      runtime.emit({ code: 'item.quarantined', run, migration, reason, key: text })
      return { done: true }
    },
    contended,
  )
}

/**
 * Quarantines a source item whose outputs DynamoDB refuses in its present state. The item is read after its entry, as
 * in {@link listQuarantinedByPass}.
 * @returns whether it is on the list; `false`: it has changed since, or is gone.
 */
export async function listRefused(
  item: RawItem,
  { migration, reason }: Unfit,
  { ledger, run, runtime, source }: Pick<LiveEngine, 'ledger' | 'run' | 'runtime' | 'source'>,
): Promise<boolean> {
  const { key } = item
  const refused = contentsOf(item.attributes())
  return retry<boolean>(
    'quarantine',
    runtime,
    async () => {
      const before = await readEntry(ledger, run, key)
      if (before && stillRefused(before, item)) return { done: true }
      const [now] = await source.get([key])
      if (!now || contentsOf(now.attributes()) !== refused) return { done: false }
      const at = runtime.clock()
      const seq = before?.seq
      const entry = { key, migration, reason, refused, at, ...(seq !== undefined && { seq }) }
      if (!(await replaceEntry(ledger, run, before, entry))) return { again: 'it changed' }
      runtime.emit({ code: 'item.quarantined', run, migration, reason, key: encodeKey(key) })
      return { done: true }
    },
    contended,
  )
}

/** True if DynamoDB refused an output of the source item in this state. The item then produces nothing. */
export async function isRefused(item: RawItem, { ledger, run }: Pick<LiveEngine, 'ledger' | 'run'>): Promise<boolean> {
  const entry = await readEntry(ledger, run, item.key)
  return entry !== undefined && stillRefused(entry, item)
}

/** Whether a source item is listed because DynamoDB refused an output of it, whatever its state is now. */
export async function isListedAsRefused(
  key: Key,
  { ledger, run }: Pick<LiveEngine, 'ledger' | 'run'>,
): Promise<boolean> {
  const entry = await readEntry(ledger, run, key)
  return entry !== undefined && !entry.cleared && entry.refused !== undefined
}

/** A refusal holds as long as the item stays the same. Only a successful write clears it. */
export function stillRefused({ cleared, refused }: QuarantineEntry, item: RawItem): boolean {
  return !cleared && refused !== undefined && refused === contentsOf(item.attributes())
}

/** The list, with work that checks each item again. Items that still cannot be migrated stay on it. */
export function quarantineLists(engine: LiveEngine, recheck = recheckQuarantined): List[] {
  return Array.from({ length: shards }, (_, shard) => ({
    pk: quarantineShardPk(engine.run, shard),
    workOf: (rows) =>
      rows
        .filter((row) => !row.cleared)
        .map(({ sk, key }) => ({ at: sk, work: () => recheck(decodeKey(key as string), engine) })),
  }))
}

/** Whether the list accounts for a record: its item is listed, or was taken off after this record or a later one. */
export async function isListedFor(
  { key, seq }: StreamRecord,
  { ledger, run }: Pick<LiveEngine, 'ledger' | 'run'>,
): Promise<boolean> {
  const entry = await readEntry(ledger, run, key)
  return entry !== undefined && (!entry.cleared || (entry.seq !== undefined && entry.seq >= seq))
}
