import { isRefused as isRefusal } from '../dynamodb/judge.ts'
import { decodeKey, encodeKey, type Key } from '../dynamodb/key.ts'
import type { RawItem } from '../dynamodb/raw-item.ts'
import { fitting, type Head, headPut, needsSettling, readHead, replaceHead } from '../ledger/heads.ts'
import { migrateItem } from '../migrations/migrate-item.ts'
import { retry } from '../runtime/retry.ts'
import { migrationOf, outputsOf } from './changes.ts'
import type { LiveEngine } from './engine.ts'
import { LiveError } from './errors.ts'
import { contentsOf, isRefused, listRefused } from './quarantine.ts'

/** Keys of one read. Source: BatchGetItem, DynamoDB API reference. */
const readAtOnce = 100

/**
 * Reconciles one destination key with its source items. The head is read first, then the items. The write succeeds only
 * if the head has not changed. If a record arrives in between, it changes the head, and settling starts over. If one
 * arrives later, it settles the key again where the head is contested, or is written as the newer one. A source item
 * whose output DynamoDB refuses is quarantined and produces nothing from then on: its other outputs are deleted.
 * @param quiet the current quiet period.
 * @param trying encoded key of a source item to try again, although DynamoDB refused it in its present state.
 * @returns whether that item was refused again.
 * @throws LiveError `contended` when the head kept changing.
 */
export async function settleHead(
  key: Key,
  quiet: string,
  engine: LiveEngine,
  trying?: string,
): Promise<{ refused: boolean }> {
  return settleOne(key, { quiet, withdrawn: new Set(), underWay: new Set() }, engine, trying)
}

/** One call of {@link settleHead}, and what it settles on the way. */
interface Settling {
  quiet: string
  /** States of refused source items whose other outputs this call has seen to, or is seeing to. */
  withdrawn: Set<string>
  /** Encoded keys that are being settled: each waits for the next. */
  underWay: ReadonlySet<string>
}

async function settleOne(
  key: Key,
  settling: Settling,
  engine: LiveEngine,
  trying?: string,
): Promise<{ refused: boolean }> {
  const { ledger, run, runtime, tables } = engine
  const { quiet, withdrawn } = settling
  const underWay = new Set(settling.underWay).add(encodeKey(key))
  let tried = trying
  let again = false
  await retry<void>(
    'settle',
    runtime,
    async () => {
      const head = await readHead(ledger, run, key)
      if (!head || !needsSettling(head, quiet)) return { done: undefined }
      const { claim, refused } = await claimed(head, engine, tried)
      // Before this head counts as settled: if this invocation dies, the next one must find a head that leads here.
      for (const item of refused) await withdrawOthers(item, key, { quiet, withdrawn, underWay }, engine)
      const next: Head = { ...head, op: claim ? 'put' : 'delete', settled: quiet, version: head.version + 1 }
      const change = claim ? { put: claim.output } : { delete: key }
      const row = headPut(run, next, head, runtime.clock())
      const committed = await tables.commit(row, change)
      if (isRefusal(committed) && claim) {
        if (encodeKey(claim.item.key) === tried) again = true
        tried = undefined
        await listRefused(claim.item, { migration: claim.migration, reason: committed.refused }, engine)
        return { again: 'DynamoDB refused its item', progressed: true }
      }
      // A key that cannot even be deleted holds no item.
      const done = isRefusal(committed) ? await tables.commit(row) : committed
      return done ? { done: undefined } : { again: 'its head changed' }
    },
    (reason) => new LiveError('contended', `A destination key could not be settled: ${reason}. Settle again.`),
  )
  return { refused: again }
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
  const suspects = Object.fromEntries(sources.map((source) => [encodeKey(source), noSeq]))
  await retry<void>(
    'contest',
    runtime,
    async () => {
      const head = await readHead(ledger, run, key)
      const { settled: _, ...before }: Head = head ?? { key, op: 'put', sources: {}, contested: true, version: 0 }
      const next: Head = {
        ...before,
        sources: fitting({ ...suspects, ...before.sources }),
        contested: true,
        version: before.version + 1,
      }
      const marked = await replaceHead(ledger, run, next, head, runtime.clock())
      return marked ? { done: undefined } : { again: 'its head changed' }
    },
    (reason) => new LiveError('contended', `A destination key could not be marked: ${reason}. Try again.`),
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
 */
async function claimed(
  { key, sources }: Head,
  engine: LiveEngine,
  trying: string | undefined,
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
