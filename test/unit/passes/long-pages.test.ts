import { expect, it } from 'vitest'
import { encodeKey, type Key } from '../../../shared/dynamodb/key.ts'
import { type RawItem, rawItem } from '../../../shared/dynamodb/raw-item.ts'
import { orphansPass } from '../../../shared/passes/orphans.ts'
import { verifyPass } from '../../../shared/passes/verify.ts'
import { memoryLedgerTable } from '../../memory/ledger-table.ts'
import { memoryTable } from '../../memory/table.ts'
import { heapMeter } from '../heap.ts'

const schema = { pk: { name: 'pk', type: 'S' } } as const
const runtime = { clock: () => 1, random: () => 0.5, emit: () => {}, sleep: async () => {} }
const place = { chunk: 's00000', epoch: 1, before: 0 }
const names = Array.from({ length: 1_000 }, (_, n) => `case|${n}`)

function passIdOf(source: Pick<ReturnType<typeof memoryTable>, 'get'>) {
  return {
    ...{ run: 'run', verification: 1, schema, migrations: [], ledger: memoryLedgerTable(), runtime, patienceMs: 10 },
    source: { ...memoryTable(schema, 'source'), ...source } as ReturnType<typeof memoryTable>,
    destination: memoryTable(schema, 'destination'),
  }
}

it('verify looks at each key of a page that is all wrong a number of times that does not grow with the page', async () => {
  let looks = 0
  const items = names.map((name): RawItem => {
    const key = {
      get pk() {
        looks++
        return { S: name }
      },
    }
    return { key, attributes: () => ({ pk: { S: name } }) }
  })
  const byKey = new Map(items.map((item) => [encodeKey(item.key), item]))
  const get = async (keys: Key[]) => keys.map((key) => byKey.get(encodeKey(key))!)
  const tallies = await verifyPass(passIdOf({ get })).apply(items, { ...place, pass: 'verify.1' })
  expect(tallies).toMatchObject({ read: names.length, missing: names.length })
  expect(looks / names.length).toBeLessThan(100)
})

it('orphans holds the source items of the reads under way, not those of the page', async () => {
  const heap = heapMeter()
  const bytes = 50_000
  const get = async (keys: Key[]) => {
    await heap.measure()
    return keys.map((key) =>
      rawItem(schema, { pk: key.pk, text: { S: Buffer.alloc(bytes, JSON.stringify(key)).toString('latin1') } }),
    )
  }
  const copies = names.map((name) => rawItem(schema, { pk: { S: name } }))
  const tallies = await orphansPass(passIdOf({ get })).apply(copies, { ...place, pass: 'orphans.1' })
  await heap.measure()
  expect(tallies).toMatchObject({ read: names.length, orphan: 0, unchecked: 0 })
  expect(heap.most()).toBeLessThan((names.length / 2) * bytes)
})
