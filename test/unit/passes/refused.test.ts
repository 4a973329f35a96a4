import { describe, expect, it } from 'vitest'
import type { Attributes } from '../../../shared/dynamodb/attributes.ts'
import { encodeKey, type Key, type TableSchema } from '../../../shared/dynamodb/key.ts'
import { rawItem } from '../../../shared/dynamodb/raw-item.ts'
import { writeControl } from '../../../shared/ledger/control.ts'
import { type Difference, listDifferences, recordDifferences } from '../../../shared/ledger/differences.ts'
import { listQuarantine } from '../../../shared/ledger/quarantine.ts'
import { createRun, getRun, type RunRecord } from '../../../shared/ledger/runs.ts'
import { applyBatch } from '../../../shared/live/batch.ts'
import type { LiveEngine } from '../../../shared/live/engine.ts'
import { settleHead } from '../../../shared/live/settle.ts'
import { openPass } from '../../../shared/passes/open-pass.ts'
import { repairRun } from '../../../shared/phases/repair.ts'
import { migrationsOf } from '../../code.ts'
import { memoryLedgerTable } from '../../memory/ledger-table.ts'
import { memoryLiveTables } from '../../memory/live-tables.ts'
import { memoryTable } from '../../memory/table.ts'
import { migration } from '../migrations/fixtures.ts'

const schema: TableSchema = {
  pk: { name: 'pk', type: 'S' },
  indexKeys: [{ attributes: [{ name: 'status', type: 'S' }], maxBytes: 2_048 }],
}
const good = (pk: string): Attributes => ({ pk: { S: pk }, status: { S: 'open' } })
const bad = (pk: string): Attributes => ({ pk: { S: pk }, status: { S: '' } })
const key = (pk: string): Key => ({ pk: { S: pk } })
const reason = 'index key attribute `status` is empty'
const place = { pass: 'verify.1', chunk: 's00000', epoch: 1, before: 0 } as const

/** A source that may hold anything, a destination with an index, and a run between them. */
async function world(offline = true) {
  const source = memoryTable({ pk: schema.pk }, 'source')
  const destination = memoryTable(schema, 'destination')
  const ledger = memoryLedgerTable()
  const runtime = { clock: () => 1, random: () => 0.5, emit: () => {}, sleep: async () => {} }
  const migrations = [
    migration({
      id: 'blank',
      applies: { keyPrefix: { pk: 'm' } },
      up: (item) => ({ ...(item as object), status: '' }),
      inverse: ({ pk }) => ({ pk: String(pk).replace(/^only/, '') }),
    }),
  ]
  await createRun(ledger, {
    ...{ id: 'run', state: 'running', phase: 'Copy', source: 'source', destination: 'destination', schema, offline },
    ...{ codeHash: 'code', pending: ['blank'], segments: 1, split: true, planned: true, execution: 'arn' },
    ...{ fence: 1, startedAt: 1, verification: { number: 1, ended: true } },
  } as RunRecord)
  await writeControl(ledger, 'run', undefined, { command: 'run', fence: 1, quiet: 'q' })
  const run = await getRun(ledger, 'run')
  const open = (name: string) => (name === 'source' ? source : destination)
  const pass = (name: 'copy' | 'verify.1' | 'orphans.1') =>
    openPass(run, name, async () => {}, {
      ledger,
      runtime,
      open,

      migrations,
      sliceMs: 1_000,
    })
  const live: LiveEngine = {
    ...{ run: 'run', schema: run.schema, migrations, source, ledger, runtime },
    tables: memoryLiveTables(destination, ledger),
  }
  const walk = (name: 'copy' | 'verify.1' | 'orphans.1') =>
    pass(name).apply(
      (name === 'orphans.1' ? destination : source).items().map((item) => rawItem(schema, item)),
      { ...place, pass: name },
    )
  const reasons = async () =>
    (await listQuarantine(ledger, 'run')).map((each) => [encodeKey(each.key), `${each.migration}: ${each.reason}`])
  const copies = () => destination.items().map(({ pk }) => (pk as { S: string }).S)
  return { source, destination, ledger, run, live, walk, reasons, copies }
}

describe('an item that an index of the destination refuses', () => {
  it.each([true, false])(
    'is set aside by copy, and the others of its page are written; offline is %s',
    async (offline) => {
      const w = await world(offline)
      for (const item of [good('a'), bad('b'), good('c'), good('m')]) w.source.store(item)
      expect(await w.walk('copy')).toMatchObject({ read: 4, untouched: 2, quarantined: 2, written: 2 })
      expect(w.copies().toSorted()).toEqual(['a', 'c'])
      expect((await w.reasons()).toSorted()).toEqual([
        ['["S:b"]', `no migration: ${reason}`],
        ['["S:m"]', `blank: output: ${reason}`],
      ])
    },
  )

  it('is not missed by verify', async () => {
    const w = await world()
    for (const item of [good('a'), bad('b')]) w.source.store(item)
    await w.walk('copy')
    expect(await w.walk('verify.1')).toMatchObject({ read: 2, quarantined: 1, produced: 1, present: 1, missing: 0 })
    expect(await listDifferences(w.ledger, 'run', 1)).toEqual([])
  })

  it('does not hold up live changes: its earlier copy goes, and it is set aside', async () => {
    const w = await world(false)
    w.destination.store(good('a'))
    const change = (n: number, change: { old?: Attributes; new: Attributes }) => ({
      ...{ key: key((change.new.pk as { S: string }).S), seq: `${n}`.padStart(40, '0'), at: 1 },
      ...change,
    })
    const records = [change(1, { old: good('a'), new: bad('a') }), change(2, { new: good('b') })]
    await applyBatch(records, { fencing: async () => ({ run: w.run, since: 0 }), engine: () => w.live })
    expect(w.copies()).toEqual(['b'])
    expect(await w.reasons()).toEqual([['["S:a"]', `no migration: ${reason}`]])
  })

  it('is deleted where settling and repair find it, and stops neither', async () => {
    const w = await world()
    for (const item of [bad('a'), bad('b')]) w.source.store(item)
    for (const item of [good('a'), good('b')]) w.destination.store(item)
    const difference: Difference = { kind: 'different', key: key('a'), sources: [key('a')], attributes: [], at: 1 }
    await recordDifferences(w.ledger, 'run', 1, [difference], place)
    const engine = { ...w.live, deadline: { remainingMs: () => 60_000 }, code: migrationsOf() }
    const task = { run: 'run', fence: 1, from: { shard: 0, after: '' } }
    expect(await repairRun(task, engine)).toEqual({ outcome: 'repaired' })
    expect(w.copies()).toEqual(['b'])
    const record = { key: key('b'), seq: '1'.padStart(40, '0'), at: 1, old: good('b') }
    await applyBatch([record], { fencing: async () => ({ run: w.run, since: 0 }), engine: () => w.live })
    w.destination.store(good('b'))
    await settleHead(key('b'), 'another period', engine)
    expect(w.copies()).toEqual([])
  })
})

it('an inverse that names a key no item can have does not stop the walk over the destination', async () => {
  const w = await world()
  w.source.store(good('a'))
  for (const item of [good('a'), good('only')]) w.destination.store(item)
  expect(await w.walk('orphans.1')).toMatchObject({ read: 2, orphan: 1, unchecked: 0 })
})
