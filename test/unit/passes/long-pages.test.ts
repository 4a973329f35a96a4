import { expect, it } from 'vitest'
import { encodeKey, type Key } from '../../../shared/dynamodb/key.ts'
import type { RawItem } from '../../../shared/dynamodb/raw-item.ts'
import { verifyPass } from '../../../shared/passes/verify.ts'
import { memoryLedgerTable } from '../../memory/ledger-table.ts'
import { memoryTable } from '../../memory/table.ts'

const schema = { pk: { name: 'pk', type: 'S' } } as const
const runtime = { clock: () => 1, random: () => 0.5, emit: () => {}, sleep: async () => {} }
const place = { chunk: 's00000', epoch: 1, before: 0 }
const names = Array.from({ length: 1_000 }, (_, n) => `case|${n}`)

function passOf(source: Pick<ReturnType<typeof memoryTable>, 'get'>) {
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
  const tallies = await verifyPass(passOf({ get })).apply(items, { ...place, pass: 'verify.1' })
  expect(tallies).toMatchObject({ read: names.length, missing: names.length })
  expect(looks / names.length).toBeLessThan(100)
})
