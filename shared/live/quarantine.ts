import { decodeKey, encodeKey, type Key } from '../dynamodb/key.ts'
import { quarantineShardPk, shards } from '../ledger/keys.ts'
import { readEntry, replaceEntry } from '../ledger/quarantine.ts'
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

/** Lists the source item of a record that cannot be migrated, unless this record or a later one has done so before. */
export async function listQuarantined(
  { key, seq }: StreamRecord,
  { migration, reason }: { migration: string; reason: string },
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
      const listed = await replaceEntry(ledger, run, before, { key, migration, reason, at, seq })
      if (!listed) return { again: 'it changed' }
      runtime.emit({ code: 'item.quarantined', run, migration, reason, key: text })
      return { done: undefined }
    },
    contended,
  )
}

/**
 * Takes a source item off the list if it can be migrated now, or is gone. What it makes comes by the stream: copy read
 * it as poison, so the record of its cure is younger than that read, and capture was on by then.
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

/** The list, for a walk that looks at each item once more. What is still poison stays on it. */
export function quarantineLists(engine: LiveEngine): List[] {
  return Array.from({ length: shards }, (_, shard) => ({
    pk: quarantineShardPk(engine.run, shard),
    workOf: (rows) =>
      rows
        .filter((row) => !row.cleared)
        .map(({ sk, key }) => ({ at: sk, work: () => recheckQuarantined(decodeKey(key as string), engine) })),
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
