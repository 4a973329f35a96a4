import type { Attributes } from '../dynamodb/attributes.ts'
import { isRefused } from '../dynamodb/judge.ts'
import { encodeKey, type Key } from '../dynamodb/key.ts'
import type { Table } from '../dynamodb/ports.ts'
import type { RawItem } from '../dynamodb/raw-item.ts'
import { type Quarantined, quarantine } from '../ledger/quarantine.ts'
import { noTallies } from '../ledger/tallies.ts'
import { migrationOf, outputsOf } from '../live/changes.ts'
import type { LiveEngine } from '../live/engine.ts'
import { listRefused } from '../live/quarantine.ts'
import { contest } from '../live/settle.ts'
import { migrateItem } from '../migrations/migrate-item.ts'
import { differingAttributes } from './compare.ts'
import type { PageWork } from './slice/pass.ts'

export interface CopyPass extends Omit<LiveEngine, 'tables'> {
  destination: Table
  /** Nothing changes the source during the copy. */
  offline: boolean
}

/** A source item of the page, with its result. */
interface Copied {
  item: RawItem
  kind: 'untouched' | 'migrated' | 'dropped' | 'quarantined'
  migration: string
  outputs: RawItem[]
  /** Keys of its outputs that were written, and of outputs whose place another item holds. */
  written: Key[]
  present: Key[]
  /** The reason if DynamoDB refuses one of its outputs. */
  refused?: string
}

/**
 * Migrates items and writes their outputs to the destination. With live changes it only inserts absent items, so it
 * never overwrites a live change. Offline it uses plain batch writes, which overwrite; repeating a page writes the
 * same.
 */
export function copyPass(copy: CopyPass): PageWork {
  const { run, schema, migrations, ledger, runtime } = copy
  return {
    async apply(items) {
      const unfit: Quarantined[] = []
      const page = items.map((item): Copied => {
        const result = migrateItem(migrations, schema, item)
        const { kind } = result
        const migration = migrationOf(result)
        if (kind === 'quarantined') {
          const { reason } = result
          unfit.push({ key: item.key, migration, reason, at: runtime.clock() })
          runtime.emit({ code: 'item.quarantined', run, migration, reason, key: encodeKey(item.key) })
        }
        return { item, kind, migration, outputs: outputsOf(result), written: [], present: [] }
      })
      // The quarantine list is written first: a checkpoint must never pass an item that is in neither place.
      await quarantine(ledger, run, unfit)
      await writeOutputs(page, copy)
      for (const copied of page) if (copied.refused !== undefined) await setAside(copied, copied.refused, copy)
      return talliesOf(page)
    },
  }
}

/**
 * Writes the outputs of a page. If several outputs have one key, a call may hold only one of them: the next is tried if
 * DynamoDB refuses it.
 */
async function writeOutputs(page: Copied[], { destination, offline }: CopyPass): Promise<void> {
  const claims = page.flatMap((copied) => copied.outputs.map((output) => ({ copied, output })))
  let open = [...Map.groupBy(claims, ({ output }) => encodeKey(output.key)).values()]
  while (open.length > 0) {
    const results = await destination[offline ? 'put' : 'insert'](open.map(([first]) => first!.output))
    const next: typeof open = []
    for (const [i, [first, ...rest]] of open.entries()) {
      const { copied, output } = first!
      const result = results[i]!
      if (isRefused(result)) {
        copied.refused ??= result.refused
        if (rest.length > 0) next.push(rest)
        continue
      }
      copied[result === 'present' ? 'present' : 'written'].push(output.key)
      for (const other of rest) other.copied.present.push(other.output.key)
    }
    open = next
  }
}

/**
 * Quarantines an item with a refused output, and marks its other outputs for settling, whether they were written now or
 * by a slice that died. Settling deletes them once no page can land any more, unless another source item makes them.
 */
async function setAside({ item, migration, outputs, written, present }: Copied, refused: string, copy: CopyPass) {
  await listRefused(item, { migration, reason: refused }, copy)
  const ours = present.length > 0 ? await copy.destination.get(present) : []
  const made = new Map(outputs.map((output) => [encodeKey(output.key), output]))
  const again = ours.filter(({ key, attributes }) => isEqual(made.get(encodeKey(key))!.attributes(), attributes()))
  for (const key of [...written, ...again.map((each) => each.key)]) await contest(key, [item.key], copy)
}

const isEqual = (a: Attributes, b: Attributes) => differingAttributes(a, b).length === 0

function talliesOf(page: Copied[]) {
  const tallies = { ...noTallies, read: page.length }
  for (const { kind, outputs, written, present, refused } of page) {
    tallies[refused === undefined ? kind : 'quarantined']++
    if (refused !== undefined) continue
    tallies.produced += outputs.length
    tallies.written += written.length
    tallies.present += present.length
  }
  return tallies
}
