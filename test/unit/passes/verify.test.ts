import { describe, expect, it } from 'vitest'
import { generate } from '../../../examples/dawson/generate.ts'
import migrations from '../../../examples/dawson/migrations.ts'
import type { Attributes } from '../../../shared/dynamodb/attributes.ts'
import { encodeKey, keyOf } from '../../../shared/dynamodb/key.ts'
import { rawItem } from '../../../shared/dynamodb/raw-item.ts'
import { openSums } from '../../../shared/facts/sums.ts'
import { writeControl } from '../../../shared/ledger/control.ts'
import { listDifferences } from '../../../shared/ledger/differences.ts'
import { createRun, type RunRecord } from '../../../shared/ledger/runs.ts'
import { migrateItem } from '../../../shared/migrations/migrate-item.ts'
import { orphansPass } from '../../../shared/passes/orphans.ts'
import { verifyPass } from '../../../shared/passes/verify.ts'
import { repairRun } from '../../../shared/phases/repair.ts'
import { migrationsOf } from '../../code.ts'
import { memoryLedgerTable } from '../../memory/ledger-table.ts'
import { memoryLiveTables } from '../../memory/live-tables.ts'
import { memoryTable } from '../../memory/table.ts'

/** The only page of its chunk. */
const place = { chunk: 's00000', epoch: 1, before: 0 }
const schema = { pk: { name: 'pk', type: 'S' }, sk: { name: 'sk', type: 'S' } } as const

/** A source and its faithful copy; every pause of the passes runs `meanwhile`. */
function world(meanwhile: () => void = () => {}) {
  const source = memoryTable(schema, 'source')
  const destination = memoryTable(schema, 'destination')
  for (const attributes of generate({ seed: 3, items: 2_000, hotShare: 0.4 })) source.store(attributes)
  for (const attributes of source.items()) {
    const result = migrateItem(migrations, schema, rawItem(schema, attributes))
    for (const output of 'outputs' in result ? result.outputs : [])
      destination.store(structuredClone(output.attributes()))
  }
  const ledger = memoryLedgerTable()
  const runtime = { clock: () => 1, random: () => 0.5, emit: () => {}, sleep: async () => meanwhile() }
  const verify = {
    run: 'run',
    verification: 1,
    schema,
    migrations,
    source,
    destination,
    ledger,
    runtime,
    patienceMs: 1_000,
  }
  const items = (table: typeof source) => table.items().map((attributes) => rawItem(schema, attributes))
  return {
    source,
    destination,
    ledger,
    runtime,
    async run(verification = 1) {
      const forth = await verifyPass({ ...verify, verification }).apply(items(source), {
        ...place,
        pass: `verify.${verification}`,
      })
      const back = await orphansPass({ ...verify, verification }).apply(items(destination), {
        ...place,
        pass: `orphans.${verification}`,
      })
      const found = await listDifferences(ledger, 'run', verification)
      return {
        forth,
        back,
        found: found.map(({ kind, key, attributes }) => [encodeKey(key), kind, attributes] as const).sort(),
      }
    },
  }
}

/** Derives again what the first verification of an offline run found. */
async function repair({ source, destination, ledger, runtime }: ReturnType<typeof world>) {
  const run = {
    ...{ id: 'run', state: 'running', phase: 'Lease', source: 'source', destination: 'destination', schema },
    ...{ codeHash: 'code', pending: [], segments: 1, split: true, offline: true, planned: true, execution: 'arn' },
    ...{ fence: 1, startedAt: 1, verification: { number: 1, ended: true } },
  }
  await createRun(ledger, run as unknown as RunRecord)
  await writeControl(ledger, 'run', undefined, { command: 'run', fence: 1 })
  const tables = memoryLiveTables(destination, ledger)
  const deadline = { remainingMs: () => 60_000 }
  const live = { run: 'run', schema, migrations, source, tables, ledger, runtime, deadline, code: migrationsOf() }
  return repairRun({ run: 'run', fence: 1, from: { shard: 0, after: '' } }, live)
}

const id = (attributes: Attributes) => encodeKey(keyOf(schema, attributes)!)

describe('Verify', () => {
  it('finds nothing between a table and its migrated copy, and its tallies close', async () => {
    const { forth, back, found } = await world().run()
    expect(found).toEqual([])
    expect(openSums('verify', forth)).toEqual([])
    expect(forth.produced).toBe(forth.present)
    expect(back).toMatchObject({ orphan: 0, unchecked: 0, read: forth.produced })
  })

  it('finds each of ten planted faults and nothing else, and repair mends them', async () => {
    const w = world()
    const copies = w.destination.items()
    const hot = copies.filter((item) => 'S' in item.pk! && item.pk.S === 'section-outbox|docket')
    const alone = copies.filter(
      (item) => copies.filter((other) => id(other).startsWith(id(item).slice(0, 20))).length === 1,
    )
    const taken = new Set<Attributes>()
    const pick = (from: Attributes[], fits: (item: Attributes) => boolean = () => true) => {
      const item = from.find((one) => !taken.has(one) && fits(one))!
      taken.add(item)
      return item
    }
    const planted: (readonly [string, string, string[]])[] = []
    const change = (item: Attributes, name: string, value: Attributes[string] | undefined) => {
      const { [name]: _, ...rest } = item
      w.destination.store(value ? { ...rest, [name]: value } : rest)
      planted.push([id(item), 'different', [name]])
    }
    const remove = (item: Attributes) => {
      w.destination.delete(keyOf(schema, item)!)
      planted.push([id(item), 'missing', []])
    }
    /** A copy that both sides agree on, with an attribute of its own to spoil. */
    const shared = (name: string, value: Attributes[string]) => {
      const key = { pk: { S: `plain|${name}` }, sk: { S: 'x' } }
      const item: Attributes = { ...key, [name]: value }
      w.source.store(item)
      w.destination.store(item)
      taken.add(item)
      return item
    }
    remove(pick(copies))
    change(pick(copies), 'added', { S: 'extra' })
    change(shared('one', { S: 'before' }), 'one', { S: 'after' })
    change(shared('precise', { N: '0.1000000000000000000000000000000000001' }), 'precise', { N: '0.1' })
    change(shared('set', { SS: ['a', 'b'] }), 'set', { SS: ['a', 'c'] })
    change(shared('type', { N: '1' }), 'type', { S: '1' })
    change(shared('empty', { S: '' }), 'empty', { NULL: true })
    remove(pick(hot))
    remove(pick(alone.length > 0 ? alone : [shared('only', { S: 'x' })]))
    const orphan: Attributes = { pk: { S: 'nobody' }, sk: { S: 'made this' } }
    w.destination.store(orphan)
    planted.push([id(orphan), 'orphan', []])
    expect(planted.length).toBe(10)
    const { forth, back, found } = await w.run()
    expect(found).toEqual(planted.sort())
    expect(openSums('verify', forth)).toEqual([])
    expect(forth).toMatchObject({ missing: 3, different: 6 })
    expect(back.orphan).toBe(1)

    expect(await repair(w)).toEqual({ outcome: 'repaired' })
    expect((await w.run(2)).found).toEqual([])
  })

  it('calls numbers of one value and sets of the same members equal, however they are spelled', async () => {
    const w = world()
    const key = { pk: { S: 'spelling' }, sk: { S: 'x' } }
    w.source.store({ ...key, s: { NS: ['1', '20'] }, l: { L: [{ SS: ['b', 'a'] }] } })
    w.destination.store({ ...key, l: { L: [{ SS: ['a', 'b'] }] }, s: { NS: ['20', '1'] } })
    expect((await w.run()).found).toEqual([])
  })

  const lone: Attributes = { pk: { S: 'lone' }, sk: { S: 'x' } }
  const key = keyOf(schema, lone)!
  type World = ReturnType<typeof world>
  it.each<[string, (w: World) => void, (w: World) => void]>([
    ['an insert', ({ source }) => source.store(lone), ({ destination }) => destination.store(lone)],
    ['an insert that is undone', ({ source }) => source.store(lone), ({ source }) => source.delete(key)],
    ['a delete', ({ destination }) => destination.store(lone), ({ destination }) => destination.delete(key)],
    ['a delete that is undone', ({ destination }) => destination.store(lone), ({ source }) => source.store(lone)],
    [
      'an update',
      ({ source, destination }) => {
        source.store({ ...lone, v: { N: '2' } })
        destination.store({ ...lone, v: { N: '1' } })
      },
      ({ destination }) => destination.store({ ...lone, v: { N: '2' } }),
    ],
  ])('does not report a change that arrives while it looks again: %s', async (_, before, meanwhile) => {
    let late = () => {}
    const w = world(() => late())
    before(w)
    let arrived = 0
    late = () => {
      if (++arrived === 2) meanwhile(w)
    }
    expect((await w.run()).found).toEqual([])
    expect(arrived).toBe(2)
  })

  const { inverse: _, ...withoutInverse } = migrations[0]!
  const inverse = () => {
    throw new RangeError('a defect of the inverse')
  }
  it.each([
    ['has no inverse', withoutInverse],
    ['has one that throws', { ...withoutInverse, inverse }],
  ])('says how many items it cannot tell an origin of when a migration %s, and lists none', async (_, first) => {
    const verify = world()
    verify.destination.store({ pk: { S: 'nobody' }, sk: { S: 'x' } })
    const { source, ledger } = verify
    const pass = orphansPass({
      run: 'run',
      verification: 1,
      schema,
      migrations: [first, ...migrations.slice(1)],
      source,
      destination: verify.destination,
      ledger,
      runtime: { clock: () => 1, random: () => 0, emit: () => {}, sleep: async () => {} },
      patienceMs: 10,
    })
    const tallies = await pass.apply(
      verify.destination.items().map((attributes) => rawItem(schema, attributes)),
      { ...place, pass: 'orphans.1' },
    )
    expect(tallies).toMatchObject({ orphan: 0, unchecked: 1 })
    expect(await listDifferences(ledger, 'run', 1)).toEqual([])
  })
})
