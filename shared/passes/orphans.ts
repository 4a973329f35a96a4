import { encodeKey, type Key } from '../dynamodb/key.ts'
import { recordDifferences } from '../ledger/differences.ts'
import { noTallies } from '../ledger/tallies.ts'
import { migrateItem } from '../migrations/migrate-item.ts'
import { sourceKeys } from '../migrations/source-keys.ts'
import { untilStable } from './patience.ts'
import { eachRead } from './read-many.ts'
import type { PageWork } from './slice/pass.ts'
import type { VerifyPass } from './verify.ts'

/**
 * Reads the destination and maps each key back to the source items that may have made it: the item with its own key,
 * and the items that the migrations' inverses name. An item that none of them makes for `patienceMs` is an orphan. If a
 * migration without an inverse, or whose inverse failed, may have made it, it is counted as unchecked instead.
 */
export function orphansPass(verify: VerifyPass): PageWork {
  const { migrations, schema, destination, ledger, runtime } = verify
  return {
    async apply(items, place) {
      const origins = items.map(({ key }) => ({ key, ...sourceKeys(migrations, schema, key) }))
      const strangers = await withoutSource(verify, origins)
      const orphans = await untilStable(
        strangers.filter(({ complete }) => complete),
        async (again) => {
          const there = new Set<string>()
          await eachRead(
            destination,
            again.map(({ key }) => key),
            (item) => void there.add(encodeKey(item.key)),
          )
          return withoutSource(
            verify,
            again.filter(({ key }) => there.has(encodeKey(key))),
          )
        },
        verify.patienceMs,
        runtime.sleep,
      )
      const at = runtime.clock()
      const differences = orphans.map(({ key, keys }) => ({
        kind: 'orphan' as const,
        key,
        sources: keys,
        attributes: [],
        at,
      }))
      await recordDifferences(ledger, verify.run, verify.verification, differences, place)
      const unchecked = strangers.filter(({ complete }) => !complete).length
      return { ...noTallies, read: items.length, orphan: orphans.length, unchecked }
    },
  }
}

interface Origin {
  /** In the destination. */
  key: Key
  /** Keys of the source items that may have made it. */
  keys: Key[]
  complete: boolean
}

/** The destination items that no source item makes when read now. */
async function withoutSource({ source, migrations, schema }: VerifyPass, origins: Origin[]): Promise<Origin[]> {
  const made = new Set<string>()
  await eachRead(
    source,
    origins.flatMap(({ keys }) => keys),
    (item) => {
      const result = migrateItem(migrations, schema, item)
      for (const output of 'outputs' in result ? result.outputs : []) made.add(encodeKey(output.key))
    },
  )
  return origins.filter(({ key }) => !made.has(encodeKey(key)))
}
