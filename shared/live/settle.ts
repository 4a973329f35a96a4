import { isRefused as isRefusal } from '../dynamodb/judge.ts'
import { decodeKey, encodeKey, type Key } from '../dynamodb/key.ts'
import type { RawItem } from '../dynamodb/raw-item.ts'
import { fitting, type Head, headPut, needsSettling, readHead, replaceHead } from '../ledger/heads.ts'
import { entryPut, readEntry } from '../ledger/quarantine.ts'
import { migrateItem } from '../migrations/migrate-item.ts'
import { retry } from '../runtime/retry.ts'
import { migrationOf, outputsOf } from './changes.ts'
import type { LiveEngine } from './engine.ts'
import { LiveError } from './errors.ts'
import { type LiveWrite, writesOfTransaction } from './ports.ts'
import { contentsOf, isRefused, listRefused, stillRefused } from './quarantine.ts'

/** Keys of one read. Source: BatchGetItem, DynamoDB API reference. */
const readAtOnce = 100

/**
 * Reconciles one destination key with its source items. The head is read first, then the items. The write succeeds only
 * if the head has not changed. If a record arrives in between, it changes the head, and settling starts over. If one
 * arrives later, it settles the key again where the head is contested, or is written as the newer one. A source item
 * whose output DynamoDB refuses is quarantined and produces nothing from then on: its other outputs are deleted.
 * @param quiet the current quiet period.
 * @throws LiveError `contended` when the head kept changing.
 */
export function settleHead(key: Key, quiet: string, engine: LiveEngine): Promise<void> {
  return settleOne(key, { quiet, withdrawn: new Set(), underWay: new Set() }, engine)
}

/** One call of {@link settleHead}, and what it settles on the way. */
interface Settling {
  quiet: string
  /** States of refused source items whose other outputs this call has seen to, or is seeing to. */
  withdrawn: Set<string>
  /** Encoded keys that are being settled: each waits for the next. */
  underWay: ReadonlySet<string>
}

async function settleOne(key: Key, settling: Settling, engine: LiveEngine): Promise<void> {
  const { ledger, run, runtime, tables } = engine
  const { quiet, withdrawn } = settling
  const underWay = new Set(settling.underWay).add(encodeKey(key))
  await retry<void>(
    'settle',
    runtime,
    async () => {
      const head = await readHead(ledger, run, key)
      if (!head || !needsSettling(head, quiet)) return { done: undefined }
      const { claim, refused } = await claimed(head, engine)
      // Before this head counts as settled: if this invocation dies, the next one must find a head that leads here.
      for (const item of refused) await withdrawOthers(item, key, { quiet, withdrawn, underWay }, engine)
      const { row, change } = settledWrite(head, head, claim, quiet, engine)
      const committed = await tables.commit([{ row, change }])
      if (isRefusal(committed) && claim) {
        await listRefused(claim.item, { migration: claim.migration, reason: committed.refused }, engine)
        return { again: 'DynamoDB refused its item', progressed: true }
      }
      // A key that cannot even be deleted holds no item.
      const done = isRefusal(committed) ? await tables.commit([{ row }]) : committed
      return done ? { done: undefined } : { again: 'its head changed' }
    },
    (reason) => new LiveError('contended', `A destination key could not be settled: ${reason}. Settle again.`),
  )
}

/** Writes what settling decided about a key: its item, and its head, if it is still as `before`. */
function settledWrite(
  before: Head | undefined,
  head: Head,
  claim: Claimant | undefined,
  quiet: string,
  { run, runtime }: Pick<LiveEngine, 'run' | 'runtime'>,
): Required<LiveWrite> {
  const next: Head = { ...head, op: claim ? 'put' : 'delete', settled: quiet, version: head.version + 1 }
  const change = claim ? { put: claim.output } : { delete: head.key }
  return { row: headPut(run, next, before, runtime.clock()), change }
}

/**
 * Settles the other outputs of a refused source item. Each is contested first, whatever its head says: whoever settles
 * it now may have looked before the item was listed, and must start over. A key under way starts over by itself.
 */
async function withdrawOthers(item: RawItem, key: Key, settling: Settling, engine: LiveEngine): Promise<void> {
  const { withdrawn, underWay } = settling
  const state = contentsOf(item.attributes())
  if (withdrawn.has(state)) return
  withdrawn.add(state)
  for (const other of outputsOf(migrateItem(engine.migrations, engine.schema, item)).map((output) => output.key)) {
    const text = encodeKey(other)
    if (text === encodeKey(key)) continue
    await contest(other, [item.key], engine)
    if (!underWay.has(text)) await settleOne(other, settling, engine)
  }
}

/** Lower than every sequence number: for a source item without a record. */
const noSeq = '0'.repeat(40)

/** Marks a destination key for settling, with the source items that may make it or may have made it. */
export async function contest(
  key: Key,
  sources: readonly Key[],
  engine: Pick<LiveEngine, 'ledger' | 'run' | 'runtime'>,
) {
  const { ledger, run, runtime } = engine
  await retry<void>(
    'contest',
    runtime,
    async () => {
      const head = await readHead(ledger, run, key)
      const next = contested(head, key, sources)
      const marked = await replaceHead(ledger, run, next, head, runtime.clock())
      return marked ? { done: undefined } : { again: 'its head changed' }
    },
    (reason) => new LiveError('contended', `A destination key could not be marked: ${reason}. Try again.`),
  )
}

/** The head, marked for settling. */
function contested(head: Head | undefined, key: Key, sources: readonly Key[]): Head {
  const suspects = Object.fromEntries(sources.map((source) => [encodeKey(source), noSeq]))
  const { settled: _, ...before }: Head = head ?? { key, op: 'put', sources: {}, contested: true, version: 0 }
  return {
    ...before,
    sources: fitting({ ...suspects, ...before.sources }),
    contested: true,
    version: before.version + 1,
  }
}

/**
 * Tries a source item again that DynamoDB refused in its present state, because the cause, such as an index, may be
 * gone. Writes all its outputs and takes it off the list in one transaction, so that whoever dies, or comes late, leaves
 * either all of it or nothing. If DynamoDB refuses it again, or it has too many outputs for one transaction, nothing
 * changes.
 */
export async function tryRefused(key: Key, quiet: string, engine: LiveEngine): Promise<void> {
  const { ledger, run, runtime, source, tables } = engine
  await retry<void>(
    'try refused',
    runtime,
    async () => {
      const entry = await readEntry(ledger, run, key)
      const [item] = await source.get([key])
      if (!entry || !item || !stillRefused(entry, item)) return { done: undefined }
      const writes: LiveWrite[] = [{ row: entryPut(run, entry, { ...entry, cleared: true }) }]
      for (const output of outputsOf(migrateItem(engine.migrations, engine.schema, item))) {
        const head = await readHead(ledger, run, output.key)
        const marked = contested(head, output.key, [key])
        const { claim } = await claimed(marked, engine, encodeKey(key))
        writes.push(settledWrite(head, marked, claim, quiet, engine))
      }
      if (2 * writes.length - 1 > writesOfTransaction) return { done: undefined }
      const committed = await tables.commit(writes)
      return isRefusal(committed) || committed ? { done: undefined } : { again: 'its entry or a head changed' }
    },
    (reason) => new LiveError('contended', `A refused item could not be tried again: ${reason}. Repair again.`),
  )
}

interface Claimant {
  item: RawItem
  output: RawItem
  migration: string
}

/**
 * The item that the source makes under this key now, and the refused source items that would make one. If several
 * source items make one, the smallest source key wins.
 * @param trying encoded key of a source item that counts as if it were not refused.
 */
async function claimed(
  { key, sources }: Head,
  engine: LiveEngine,
  trying?: string,
): Promise<{ claim: Claimant | undefined; refused: RawItem[] }> {
  const { migrations, schema, run, runtime } = engine
  const target = encodeKey(key)
  const names = Object.keys(sources).sort()
  const claims: (Claimant & { source: string })[] = []
  const refused: RawItem[] = []
  for (let i = 0; i < names.length; i += readAtOnce) {
    for (const item of await engine.source.get(names.slice(i, i + readAtOnce).map(decodeKey))) {
      const migrated = migrateItem(migrations, schema, item)
      const output = outputsOf(migrated).find((each) => encodeKey(each.key) === target)
      if (!output) continue
      const source = encodeKey(item.key)
      if (source !== trying && (await isRefused(item, engine))) refused.push(item)
      else claims.push({ source, item, output, migration: migrationOf(migrated) })
    }
  }
  claims.sort((a, b) => (a.source < b.source ? -1 : 1))
  if (claims.length > 1) runtime.emit({ code: 'item.collision', run, sources: claims.length, key: target })
  return { claim: claims[0], refused }
}
