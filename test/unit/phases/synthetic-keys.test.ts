import { expect, it } from 'vitest'
import { parseOptions, parseRequest } from '../../../shared/config/options.ts'
import { DynamoDbError, type DynamoDbErrorCode } from '../../../shared/dynamodb/errors.ts'
import { type KeySchema, keyAttributes } from '../../../shared/dynamodb/key.ts'
import type { Table } from '../../../shared/dynamodb/ports.ts'
import { nothingBeside } from '../../../shared/phases/preflight/operations.ts'
import { preflight } from '../../../shared/phases/preflight.ts'
import { memoryTable } from '../../memory/table.ts'
import { memoryWorld } from '../cli/fixtures.ts'

const sorted: KeySchema = { pk: { name: 'pk', type: 'S' }, sk: { name: 'sk', type: 'S' } }
const offline = parseRequest({ offline: true })

/** Preflight over this source. */
async function splits(source: Table, request = offline): Promise<boolean> {
  const { world, ledger } = memoryWorld()
  const { split } = await preflight(request, {
    describe: async (name) => ({ ...(await world.describeTable(name)), schema: source.schema }),
    open: ({ name }) => (name === 'alpha' ? source : memoryTable(source.schema, name)),
    options: parseOptions({ sourceTable: 'alpha', destinationTable: 'beta' }),
    ...{ ledger, stream: undefined, runtime: world.runtime },
    ...{ mapping: undefined, operations: nothingBeside },
  })
  return split
}

/** A table of one item that answers a read from a key that does not exist with this error. */
function refusing(how: 'scan' | 'query', code: DynamoDbErrorCode): Table {
  const table = memoryTable(sorted, 'alpha')
  table.store(keyAttributes(sorted, { pk: { S: 'a' }, sk: { S: '1' } }))
  const refuse = () => Promise.reject(new DynamoDbError(code, 'as told'))
  const { scan } = table
  if (how === 'query') table.query = refuse
  else table.scan = (request) => (request.after ? refuse() : scan.call(table, request))
  return table
}

/** The same table, whose scan begins with an empty page. */
function beginningEmpty(table: Table): Table {
  const { scan } = table
  table.scan = ({ after, ...first }) => {
    if (after === undefined) return Promise.resolve({ items: [], next: { pk: { S: '' }, sk: { S: '' } } })
    return scan('S' in after.pk && after.pk.S === '' ? first : { ...first, after })
  }
  return table
}

it('a run splits keys where the table takes start keys that do not exist, as an empty one will', async () => {
  const table = memoryTable(sorted, 'alpha')
  expect(await splits(table)).toBe(true)
  table.store(keyAttributes(sorted, { pk: { S: 'a' }, sk: { S: '1' } }))
  expect(await splits(table)).toBe(true)
  expect(await splits(table, parseRequest({ offline: true, split: false }))).toBe(false)
})

it.each(['scan', 'query'] as const)('a run only resumes chunks where a %s refuses them', async (how) => {
  expect(await splits(refusing(how, 'invalid-request'))).toBe(false)
})

it('an empty page at the beginning of a table does not hide that it refuses them', async () => {
  expect(await splits(beginningEmpty(refusing('scan', 'invalid-request')))).toBe(false)
})

it('any other error is none of the key', async () => {
  await expect(splits(refusing('scan', 'throttled'))).rejects.toMatchObject({ code: 'throttled' })
})

it('a table without a sort key has nothing to split', async () => {
  const table = memoryTable({ pk: sorted.pk }, 'alpha')
  table.store({ pk: { S: 'a' } })
  expect(await splits(table)).toBe(false)
})
