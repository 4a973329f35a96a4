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
import type { List } from './list-walk.ts'
import type { StreamRecord } from './ports.ts'

/**
 * The quarantine list as live changes keep it. Copy adds entries from pages that may be old, records come again and
 * late; so entries are only ever added, and taken off by nothing but a look at the source once quiet. A row taken off
 * stays, as `cleared`: a late delivery finds in its `seq` that it has been dealt with.
 */

const contended = (reason: string) =>
  new LiveError('contended', `The quarantine entry of an item could not be written: ${reason}. Try again.`)

/** Why a source item is on the list. */
export interface Unfit {
  migration: string
  reason: string
  /** Of one whose outputs DynamoDB refuses: {@link contentsOf} the item it refuses. */
  refused?: string
}

/** What tells one state of a source item from another. */
export function contentsOf(item: Attributes): string {
  return digest(canonical({ M: item })!)
}

/** Lists the source item of a record that cannot be migrated, unless this record or a later one has done so before. */
export async function listQuarantined(
  { key, seq }: StreamRecord,
  unfit: Unfit,
  { ledger, run, runtime }: LiveEngine,
): Promise<void> {
  const text = encodeKey(key)
  await retry<void>(
    'quarantine',
    runtime,
    async () => {
      const before = await readEntry(ledger, run, key)
      if (before?.seq !== undefined && before.seq >= seq) return { done: undefined }
      const at = runtime.clock()
      const listed = await replaceEntry(ledger, run, before, { key, ...unfit, at, seq })
      if (!listed) return { again: 'it changed' }
      const { migration, reason } = unfit
      runtime.emit({ code: 'item.quarantined', run, migration, reason, key: text })
      return { done: undefined }
    },
    contended,
  )
}

/**
 * Takes a source item off the list if it can be migrated now, or is gone. What it makes comes by the stream: copy read
 * it as poison, so the record of its cure is younger than that read, and capture was on by then. What DynamoDB refused
 * stays on the list until the item changes, or {@link clearRefused} does it.
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
      // Read after the entry: if it turns poison later, its record finds this entry changed or changes it first.
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
 * Lists a source item that verify has met and that cannot be migrated. The entry is read first and the item, strongly
 * consistent, after it; so where the item is cured meanwhile this finds either the cure or an entry that has changed: the
 * record that made it unfit was applied before that of its cure, and has put it on the list.
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
      // Its `seq` stays: a late delivery of that record must find it.
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
 * Lists a source item whose outputs DynamoDB refuses as they are now. The entry is read first and the item after it, as
 * {@link listQuarantinedByPass} does.
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

/** Takes a source item off the list of which every output has been written as it is, if it is there as refused. */
export async function clearRefused(
  item: RawItem,
  { ledger, run, runtime }: Pick<LiveEngine, 'ledger' | 'run' | 'runtime'>,
): Promise<void> {
  await retry<void>(
    'recheck quarantine',
    runtime,
    async () => {
      const before = await readEntry(ledger, run, item.key)
      if (!before || !stillRefused(before, item)) return { done: undefined }
      const cleared = await replaceEntry(ledger, run, before, { ...before, cleared: true })
      return cleared ? { done: undefined } : { again: 'it changed' }
    },
    contended,
  )
}

/** Whether DynamoDB refused what is made of this very state of a source item: then it makes nothing. */
export async function isRefused(item: RawItem, { ledger, run }: Pick<LiveEngine, 'ledger' | 'run'>): Promise<boolean> {
  const entry = await readEntry(ledger, run, item.key)
  return entry !== undefined && stillRefused(entry, item)
}

/** Whether a source item is on the list because DynamoDB refused what was made of it, whatever it is now. */
export async function isListedAsRefused(
  key: Key,
  { ledger, run }: Pick<LiveEngine, 'ledger' | 'run'>,
): Promise<boolean> {
  const entry = await readEntry(ledger, run, key)
  return entry !== undefined && !entry.cleared && entry.refused !== undefined
}

/** A refusal holds for as long as the item stays as it was; whether it is cleared only a write decides. */
function stillRefused({ cleared, refused }: QuarantineEntry, item: RawItem): boolean {
  return !cleared && refused !== undefined && refused === contentsOf(item.attributes())
}

/** The list, for a walk that looks at each item once more. What is still poison stays on it. */
export function quarantineLists(engine: LiveEngine, recheck = recheckQuarantined): List[] {
  return Array.from({ length: shards }, (_, shard) => ({
    pk: quarantineShardPk(engine.run, shard),
    workOf: (rows) =>
      rows
        .filter((row) => !row.cleared)
        .map(({ sk, key }) => ({ at: sk, work: () => recheck(decodeKey(key as string), engine) })),
  }))
}

/** Whether the list knows of a record: its item is listed, or was taken off after this record or a later one. */
export async function isListedFor(
  { key, seq }: StreamRecord,
  { ledger, run }: Pick<LiveEngine, 'ledger' | 'run'>,
): Promise<boolean> {
  const entry = await readEntry(ledger, run, key)
  return entry !== undefined && (!entry.cleared || (entry.seq !== undefined && entry.seq >= seq))
}
