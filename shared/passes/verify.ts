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

/** Quarantined items looked up on their list at once. */
const listingsAtOnce = 8

export interface VerifyPass {
  run: string
  /** Which verification of this run: each lists its own differences. */
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
 * Compares what each source item should have become with what the destination holds. What differs is read again on both
 * sides, strongly consistent, until it agrees or has outlasted `patienceMs`; then it is listed. What cannot be migrated
 * goes on the quarantine list: nobody else sees an item change after an offline copy.
 */
export function verifyPass(verify: VerifyPass): PageWork {
  return {
    async apply(items, place) {
      const looks = await lookAt(verify, items)
      const wrong = await untilStable(
        looks.filter(isOpen),
        async (again) => {
          const sources = await readMany(
            verify.source,
            again.map((look) => look.item.key),
          )
          const now = new Map((await lookAt(verify, [...sources.values()])).map((look) => [idOf(look), look]))
          for (const look of again) Object.assign(look, now.get(idOf(look)) ?? gone)
          return again.filter(isOpen)
        },
        verify.patienceMs,
        verify.runtime.sleep,
      )
      await recordDifferences(
        verify.ledger,
        verify.run,
        verify.verification,
        wrong.flatMap((look) => look.differences),
        place,
      )
      return looks.reduce((sum, look) => addTallies(sum, look.tallies), noTallies)
    },
  }
}

/** What one look at a source item came to. */
interface Look {
  item: RawItem
  tallies: Tallies
  differences: Difference[]
  /** Of one that cannot be migrated: whether the quarantine list has it. */
  listed?: boolean
}

/** The item went away meanwhile. What it left behind, if anything, is an orphan: the other pass's business. */
const gone = { tallies: { ...noTallies, read: 1, dropped: 1 }, differences: [] }

/** DynamoDB refused what is made of the item as it is, and the list says so. */
const setAside = { tallies: { ...noTallies, read: 1, quarantined: 1 }, differences: [], listed: true }

/** A quarantined item that is not listed could be migrated when it was read again. */
const isOpen = (look: Look) => look.differences.length > 0 || (look.tallies.quarantined > 0 && !look.listed)
const idOf = ({ item }: Look) => encodeKey(item.key)

async function lookAt(verify: VerifyPass, items: RawItem[]): Promise<Look[]> {
  const { migrations, schema, destination, runtime } = verify
  const migrated = items.map((item) => ({ item, result: migrateItem(migrations, schema, item) }))
  const keys: Key[] = migrated.flatMap(({ result }) =>
    'outputs' in result ? result.outputs.map(({ key }) => key) : [],
  )
  const found = await readMany(destination, keys)
  const looks = migrated.map(({ item, result }): Look => {
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
  await inParallel(listingsAtOnce, looks, async (look) => {
    if (look.tallies.quarantined > 0) look.listed = await listQuarantinedByPass(look.item.key, verify)
    // Its outputs are not there because DynamoDB refused them of the item as it is.
    else if (look.differences.length > 0 && (await isRefused(look.item, verify))) Object.assign(look, setAside)
  })
  return looks
}
