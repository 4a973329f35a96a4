import { encodeKey, type Key, type TableSchema } from '../dynamodb/key.ts'
import type { Table } from '../dynamodb/ports.ts'
import type { RawItem } from '../dynamodb/raw-item.ts'
import { type Difference, recordDifferences } from '../ledger/differences.ts'
import type { LedgerTable } from '../ledger/table.ts'
import { addTallies, noTallies, type Tallies } from '../ledger/tallies.ts'
import { isRefused, listQuarantinedByPass } from '../live/quarantine.ts'
import { migrateItem } from '../migrations/migrate-item.ts'
import type { Migration } from '../migrations/migration.ts'
import { inParallel } from '../runtime/parallel.ts'
import type { Runtime } from '../runtime/ports.ts'
import { differingAttributes } from './compare.ts'
import { untilStable } from './patience.ts'
import { readMany } from './read-many.ts'
import type { PageWork } from './slice/pass.ts'

/** Source items checked against the quarantine list at once. */
const listingsAtOnce = 8

export interface VerifyPass {
  run: string
  /** Number of the verification in this run: each lists its own differences. */
  verification: number
  schema: TableSchema
  migrations: readonly Migration[]
  source: Table
  destination: Table
  ledger: LedgerTable
  runtime: Runtime
  /** How long a difference must last to count, ms. */
  patienceMs: number
}

/**
 * Compares the expected outputs of each source item with the destination. Unequal items are read again on both sides,
 * strongly consistent, until they agree or have differed for `patienceMs`; then they are listed. Items that cannot be
 * migrated are quarantined here too, because after an offline copy nothing else sees an item change.
 */
export function verifyPass(verify: VerifyPass): PageWork {
  return {
    async apply(items, place) {
      const results = await compare(verify, items)
      const wrong = await untilStable(
        results.filter(isOpen),
        async (again) => {
          const sources = await readMany(
            verify.source,
            again.map((each) => each.item.key),
          )
          const now = new Map((await compare(verify, [...sources.values()])).map((each) => [idOf(each), each]))
          for (const each of again) Object.assign(each, now.get(idOf(each)) ?? gone)
          return again.filter(isOpen)
        },
        verify.patienceMs,
        verify.runtime.sleep,
      )
      await recordDifferences(
        verify.ledger,
        verify.run,
        verify.verification,
        wrong.flatMap((each) => each.differences),
        place,
      )
      return results.reduce((sum, each) => addTallies(sum, each.tallies), noTallies)
    },
  }
}

/** The comparison of one source item. */
interface Comparison {
  item: RawItem
  tallies: Tallies
  differences: Difference[]
  /** If the item cannot be migrated: whether it is on the quarantine list. */
  listed?: boolean
}

/** The item was deleted meanwhile. Outputs that it left behind are orphans, which the orphans pass finds. */
const gone = { tallies: { ...noTallies, read: 1, dropped: 1 }, differences: [] }

/** DynamoDB refused an output of the item's present state, and the item is on the quarantine list. */
const setAside = { tallies: { ...noTallies, read: 1, quarantined: 1 }, differences: [], listed: true }

/** Whether to compare again. A quarantined item that is not listed could be migrated when it was read again. */
const isOpen = (each: Comparison) => each.differences.length > 0 || (each.tallies.quarantined > 0 && !each.listed)
const idOf = ({ item }: Comparison) => encodeKey(item.key)

async function compare(verify: VerifyPass, items: RawItem[]): Promise<Comparison[]> {
  const { migrations, schema, destination, runtime } = verify
  const migrated = items.map((item) => ({ item, result: migrateItem(migrations, schema, item) }))
  const keys: Key[] = migrated.flatMap(({ result }) =>
    'outputs' in result ? result.outputs.map(({ key }) => key) : [],
  )
  const found = await readMany(destination, keys)
  const results = migrated.map(({ item, result }): Comparison => {
    const tallies = { ...noTallies, read: 1, [result.kind]: 1 }
    const differences: Difference[] = []
    for (const output of 'outputs' in result ? result.outputs : []) {
      const there = found.get(encodeKey(output.key))
      const attributes = there ? differingAttributes(output.attributes(), there.attributes()) : []
      const verdict = !there ? 'missing' : attributes.length > 0 ? 'different' : 'present'
      tallies.produced++
      tallies[verdict]++
      if (verdict !== 'present')
        differences.push({ kind: verdict, key: output.key, sources: [item.key], attributes, at: runtime.clock() })
    }
    return { item, tallies, differences }
  })
  await inParallel(listingsAtOnce, results, async (each) => {
    if (each.tallies.quarantined > 0) each.listed = await listQuarantinedByPass(each.item.key, verify)
    // Its outputs are missing because DynamoDB refused them in the item's present state.
    else if (each.differences.length > 0 && (await isRefused(each.item, verify))) Object.assign(each, setAside)
  })
  return results
}
