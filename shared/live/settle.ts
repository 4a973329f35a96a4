import { decodeKey, encodeKey, type Key } from '../dynamodb/key.ts'
import type { RawItem } from '../dynamodb/raw-item.ts'
import { type Head, headPut, needsSettling, readHead } from '../ledger/heads.ts'
import { migrateItem } from '../migrations/migrate-item.ts'
import { retry } from '../runtime/retry.ts'
import { outputsOf } from './changes.ts'
import type { LiveEngine } from './engine.ts'
import { LiveError } from './errors.ts'

/** Keys of one read. Source: BatchGetItem, DynamoDB API reference. */
const readAtOnce = 100

/**
 * Makes one destination key what its source items say now. They are read after the head and before the write, which
 * expects the head unchanged: a record that comes in between moves the head, and this starts over; one that comes later
 * meets a contested head (and settles again) or is newer than the head (and is written).
 * @param quiet the quiet period in force.
 * @throws LiveError `contended` when the head kept changing.
 */
export async function settleHead(key: Key, quiet: string, engine: LiveEngine): Promise<void> {
  const { ledger, run, runtime, tables } = engine
  await retry<void>(
    'settle',
    runtime,
    async () => {
      const head = await readHead(ledger, run, key)
      if (!head || !needsSettling(head, quiet)) return { done: undefined }
      const put = await claimed(head, engine)
      const next: Head = { ...head, op: put ? 'put' : 'delete', settled: quiet, version: head.version + 1 }
      const change = put ? { put } : { delete: key }
      const committed = await tables.commit(headPut(run, next, head, runtime.clock()), change)
      return committed ? { done: undefined } : { again: 'its head changed' }
    },
    (reason) => new LiveError('contended', `A destination key could not be settled: ${reason}. Settle again.`),
  )
}

/** The item the source makes under this key now; where several source items make one, that of the smallest source key. */
async function claimed({ key, sources }: Head, engine: LiveEngine): Promise<RawItem | undefined> {
  const { migrations, schema, run, runtime } = engine
  const target = encodeKey(key)
  const names = Object.keys(sources).sort()
  const claims: { source: string; output: RawItem }[] = []
  for (let i = 0; i < names.length; i += readAtOnce) {
    for (const item of await engine.source.get(names.slice(i, i + readAtOnce).map(decodeKey))) {
      const outputs = outputsOf(migrateItem(migrations, schema, item))
      const output = outputs.find((each) => encodeKey(each.key) === target)
      if (output) claims.push({ source: encodeKey(item.key), output })
    }
  }
  claims.sort((a, b) => (a.source < b.source ? -1 : 1))
  if (claims.length > 1) runtime.emit({ code: 'item.collision', run, sources: claims.length, key: target })
  return claims[0]?.output
}
