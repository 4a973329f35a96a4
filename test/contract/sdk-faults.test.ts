import { describe, expect, it } from 'vitest'
import { sdkTable } from '../../shared/dynamodb/sdk/table.ts'
import { sdkLedgerTable } from '../../shared/ledger/sdk-table.ts'
import type { Put } from '../../shared/ledger/table.ts'
import { item, plainSchema } from './samples.ts'
import { type Answer, type StubRequest, stubClient } from './stub-client.ts'

const table = (answer: (request: StubRequest) => Answer | Promise<Answer>) =>
  sdkTable(stubClient(answer), 'orders', plainSchema)
const items = (count: number) => Array.from({ length: count }, (_, i) => item(plainSchema, { pk: { S: `${i}` } }))
const throttled: Answer = { status: 400, type: 'ProvisionedThroughputExceededException', message: 'slow down' }
const putsOf = (request: StubRequest): { PutRequest: { Item: { id: { S: string } } } }[] =>
  request.body.RequestItems.orders

describe('a call that fails', () => {
  it.each<[Answer, string, boolean]>([
    [throttled, 'throttled', true],
    [{ status: 400, type: 'ThrottlingException' }, 'throttled', true],
    [{ status: 400, type: 'RequestLimitExceeded' }, 'throttled', true],
    [{ status: 500, type: 'InternalServerError' }, 'unavailable', true],
    [{ status: 503, type: 'ServiceUnavailable' }, 'unavailable', true],
    [{ status: 502, type: 'SomethingElse' }, 'unavailable', true],
    [{ network: 'ECONNRESET' }, 'unavailable', true],
    [{ network: 'ECONNREFUSED' }, 'unavailable', true],
    [{ status: 400, type: 'TransactionConflictException' }, 'conflict', true],
    [{ status: 400, type: 'TransactionInProgressException' }, 'conflict', true],
    [{ status: 400, type: 'ResourceNotFoundException' }, 'table-not-found', false],
    [{ status: 400, type: 'AccessDeniedException' }, 'access-denied', false],
    [{ status: 400, type: 'ExpiredTokenException' }, 'access-denied', false],
    [{ status: 400, type: 'ValidationException' }, 'invalid-request', false],
    [{ status: 400, type: 'ItemCollectionSizeLimitExceededException' }, 'invalid-request', false],
  ])('with %o is %s, retryable: %s', async (answer, code, retryable) => {
    const scan = table(() => answer).scan({ segment: 0, totalSegments: 1, limit: 1, consistent: false })
    await expect(scan).rejects.toMatchObject({ name: 'DynamoDbError', code, retryable, source: 'dependency' })
  })

  it('says what was called on which table, and the permission that is missing', async () => {
    const insert = table(() => ({ status: 400, type: 'AccessDeniedException', message: 'no' })).insert(items(1))
    await expect(insert).rejects.toThrow(
      'PartiQLInsert on the table orders failed, AccessDeniedException: no (request REQUEST). ' +
        'Check that the credentials are valid and allow dynamodb:PartiQLInsert on the table, and the use of its KMS key.',
    )
  })

  it('quotes no value and carries no error of the SDK', async () => {
    const message = 'The parameter cannot be converted to a numeric value: 123-45-6789'
    const put = table(() => ({ status: 400, type: 'ValidationException', message })).put(items(1))
    const error: Error = await put.then(
      () => expect.unreachable(),
      (error) => error,
    )
    expect(error.message).not.toContain('6789')
    expect(error.cause).toBeUndefined()
  })

  it('leaves errors alone that are neither of the service nor of the network', async () => {
    const scan = table(() => Promise.reject(new RangeError('a defect'))).scan({
      segment: 0,
      totalSegments: 1,
      limit: 1,
      consistent: false,
    })
    await expect(scan).rejects.toThrow(RangeError)
  })
})

describe('a page', () => {
  const sorted = { pk: { name: 'id', type: 'S' }, sk: { name: 'at', type: 'S' } } as const
  const answering = (LastEvaluatedKey: object) =>
    sdkTable(
      stubClient(() => ({ body: { Items: [], LastEvaluatedKey } })),
      'orders',
      sorted,
    )

  it.each([{ id: { S: 'a' } }, { id: { S: 'a' }, at: { N: '1' } }, { at: { S: 'a' } }, {}])(
    'whose LastEvaluatedKey is %o is a failure, not the end of the walk',
    async (last) => {
      const failure = { name: 'DynamoDbError', code: 'malformed-answer', retryable: false }
      const scan = { segment: 0, totalSegments: 1, limit: 1, consistent: false }
      await expect(answering(last).scan(scan)).rejects.toMatchObject(failure)
      await expect(answering(last).query({ pk: { S: 'a' }, limit: 1, consistent: false })).rejects.toMatchObject(
        failure,
      )
    },
  )
})

describe('a refusal', () => {
  const invalid: Answer = { status: 400, type: 'ValidationException', message: 'Input collection [secret] is "secret"' }
  const failed: Answer = { status: 400, type: 'ConditionalCheckFailedException' }
  const isProbe = ({ body }: StubRequest) => String(body.ConditionExpression).includes(' AND ')

  it.each(['put', 'insert'] as const)(
    'of every item is a failure of %s: not even a made-up one is taken',
    async (write) => {
      const refusing = table(() => invalid)
      await expect(refusing[write](items(3))).rejects.toMatchObject({ code: 'invalid-request' })
    },
  )

  it.each(['put', 'insert'] as const)(
    'of one item counts once it was refused alone, a probe failed, and it was refused again, by %s',
    async (write) => {
      const asked: string[] = []
      const isBad = (request: StubRequest) => JSON.stringify(request.body).includes('{"S":"1"}')
      const picky = table((request) => {
        asked.push(isProbe(request) ? 'probe' : request.operation)
        if (isProbe(request)) return failed
        const statements = request.body.Statements as unknown[] | undefined
        const refusal = { Error: { Code: 'ValidationError', Message: 'no' } }
        if (statements)
          return {
            body: { Responses: statements.map((each) => (JSON.stringify(each).includes('"1"') ? refusal : {})) },
          }
        return isBad(request) ? invalid : { body: {} }
      })
      const refused = { refused: 'Input collection […] is "…"' }
      expect(await picky[write](items(3))).toEqual(['written', refused, 'written'])
      const alone = [...(write === 'put' ? ['PutItem'] : []), 'PutItem', 'probe', 'PutItem']
      const after = write === 'put' ? ['PutItem'] : []
      expect(asked).toEqual([write === 'put' ? 'BatchWriteItem' : 'BatchExecuteStatement', ...alone, ...after])
    },
  )

  it('is none where another error says that it will fail again', async () => {
    const full = table(() => ({ status: 400, type: 'ItemCollectionSizeLimitExceededException' }))
    await expect(full.put(items(2))).rejects.toMatchObject({ code: 'invalid-request' })
  })
})

describe('a put', () => {
  it('answers retry for exactly the items that came back unprocessed', async () => {
    const results = await table((request) => ({
      body: {
        UnprocessedItems: {
          orders: putsOf(request).filter(({ PutRequest }) => Number(PutRequest.Item.id.S) % 10 === 3),
        },
      },
    })).put(items(60))
    expect(results).toEqual(items(60).map((_, i) => (i % 10 === 3 ? 'retry' : 'written')))
  })

  it('answers retry for a whole call when an unprocessed item is not recognised', async () => {
    const stranger = { PutRequest: { Item: { id: { S: 'stranger' } } } }
    const results = await table((request) => ({
      body: { UnprocessedItems: putsOf(request).length === 25 ? { orders: [stranger] } : {} },
    })).put(items(30))
    expect(results).toEqual(items(30).map((_, i) => (i < 25 ? 'retry' : 'written')))
  })

  it('answers retry for the items of a call that was throttled while others succeeded', async () => {
    const results = await table((request) =>
      putsOf(request)[0]?.PutRequest.Item.id.S === '25' ? throttled : { body: {} },
    ).put(items(60))
    expect(results).toEqual(items(60).map((_, i) => (i >= 25 && i < 50 ? 'retry' : 'written')))
  })

  it('throws when every call was throttled', async () => {
    await expect(table(() => throttled).put(items(60))).rejects.toMatchObject({ code: 'throttled' })
  })

  it('throws what will not pass by itself, begins nothing after it, and leaves nothing in flight', async () => {
    let begun = 0
    let ended = 0
    const put = table(async (request) => {
      begun++
      if (putsOf(request)[0]?.PutRequest.Item.id.S === '0') return { status: 400, type: 'SerializationException' }
      await new Promise((resolve) => setImmediate(resolve))
      ended++
      return { body: {} }
    }).put(items(1_000))
    await expect(put).rejects.toMatchObject({ code: 'invalid-request' })
    expect(begun).toBe(4)
    expect(ended).toBe(3)
  })

  it('has at most four calls in flight, of at most 25 items and 16 MB as sent', async () => {
    let inFlight = 0
    let most = 0
    const bytes: number[] = []
    const controls = { S: '\u0001'.repeat(300_000) }
    const large = Array.from({ length: 30 }, (_, i) => item(plainSchema, { pk: { S: `${i}` } }, { controls }))
    const results = await table(async (request) => {
      most = Math.max(most, ++inFlight)
      await new Promise((resolve) => setImmediate(resolve))
      inFlight--
      expect(putsOf(request).length).toBeLessThanOrEqual(25)
      bytes.push(JSON.stringify(request.body).length)
      return { body: {} }
    }).put([...large, ...items(200)])
    expect(results).toEqual(new Array(230).fill('written'))
    expect(most).toBe(4)
    expect(Math.max(...bytes)).toBeLessThan(16_000_000)
    expect(Math.max(...bytes)).toBeGreaterThan(10_000_000)
  })
})

describe('an insert', () => {
  it.each([
    ['DuplicateItem', 'present'],
    ['ThrottlingError', 'retry'],
    ['ProvisionedThroughputExceeded', 'retry'],
    ['RequestLimitExceeded', 'retry'],
    ['TransactionConflict', 'retry'],
    ['InternalServerError', 'retry'],
  ])('answers for a statement that says %s: %s', async (Code, result) => {
    const results = await table(() => ({ body: { Responses: [{}, { Error: { Code, Message: 'no' } }, {}] } })).insert(
      items(3),
    )
    expect(results).toEqual(['written', result, 'written'])
  })

  it.each([
    ['ConditionalCheckFailed', 'invalid-request'],
    ['ItemCollectionSizeLimitExceeded', 'invalid-request'],
    ['AccessDenied', 'access-denied'],
    ['ResourceNotFound', 'table-not-found'],
  ])('throws for a statement that says %s: %s', async (Code, code) => {
    const insert = table(() => ({ body: { Responses: [{}, { Error: { Code } }] } })).insert(items(2))
    await expect(insert).rejects.toMatchObject({ name: 'DynamoDbError', code, retryable: false })
  })

  it('answers retry for a statement without an answer', async () => {
    expect(await table(() => ({ body: { Responses: [{}] } })).insert(items(2))).toEqual(['written', 'retry'])
  })

  it('sends calls of at most 25 statements and 4 MB, since no greater size is documented', async () => {
    const bytes: number[] = []
    const large = Array.from({ length: 30 }, (_, i) =>
      item(plainSchema, { pk: { S: `${i}` } }, { text: { S: 'x'.repeat(390_000) } }),
    )
    const results = await table(({ body }) => {
      expect(body.Statements.length).toBeLessThanOrEqual(25)
      bytes.push(JSON.stringify(body).length)
      return { body: { Responses: body.Statements.map(() => ({})) } }
    }).insert([...large, ...items(60)])
    expect(results).toEqual(new Array(90).fill('written'))
    expect(Math.max(...bytes)).toBeLessThan(4_000_000)
    expect(Math.max(...bytes)).toBeGreaterThan(3_000_000)
  })

  it('sends by conditional PutItem what is too wide for a statement, and only that', async () => {
    const wide = item(plainSchema, { pk: { S: 'wide' } }, { ['x'.repeat(8_192)]: { N: '1' } })
    const seen: string[] = []
    const results = await table(({ operation, body }) => {
      seen.push(operation)
      if (operation === 'PutItem') return { status: 400, type: 'ConditionalCheckFailedException' }
      for (const { Statement } of body.Statements) expect(Statement.length).toBeLessThanOrEqual(8_192)
      return { body: { Responses: body.Statements.map(() => ({})) } }
    }).insert([...items(1), wide, ...items(1)])
    expect(results).toEqual(['written', 'present', 'written'])
    expect(seen.toSorted()).toEqual(['BatchExecuteStatement', 'PutItem'])
  })
})

describe('a get', () => {
  it('asks for the rest as long as each answer brings something, and is throttled when one brings nothing', async () => {
    let left = 3
    const answer = ({ body }: StubRequest): Answer => {
      const keys: object[] = body.RequestItems.orders.Keys
      const taken = left-- > 0 ? 1 : 0
      return {
        body: {
          Responses: { orders: keys.slice(0, taken) },
          UnprocessedKeys: keys.length > taken ? { orders: { Keys: keys.slice(taken) } } : {},
        },
      }
    }
    const keys = items(3).map(({ key }) => key)
    expect((await table(answer).get(keys)).map(({ key }) => key)).toEqual(keys)
    await expect(table(answer).get(keys)).rejects.toMatchObject({ code: 'throttled' })
  })
})

describe('a commit to the ledger', () => {
  const puts: Put[] = ['a', 'b', 'c'].map((sk) => ({ row: { pk: 'RUN', sk }, expect: 'absent' }))
  const cancelled = (...codes: string[]) =>
    sdkLedgerTable(
      stubClient(() => ({
        status: 400,
        type: 'TransactionCanceledException',
        more: { CancellationReasons: codes.map((Code) => ({ Code })) },
      })),
      'ledger',
    ).commit(puts)

  it('is false when a condition did not hold, whatever else happened', async () => {
    expect(await cancelled('None', 'ConditionalCheckFailed', 'None')).toBe(false)
    expect(await cancelled('TransactionConflict', 'ConditionalCheckFailed', 'None')).toBe(false)
  })

  it.each([
    ['TransactionConflict', 'conflict'],
    ['ThrottlingError', 'throttled'],
    ['ProvisionedThroughputExceeded', 'throttled'],
  ])('cancelled with %s throws %s', async (word, code) => {
    await expect(cancelled('None', word, 'None')).rejects.toMatchObject({ name: 'DynamoDbError', code })
  })

  it('throws what will not pass by itself before what may', async () => {
    await expect(cancelled('TransactionConflict', 'ValidationError')).rejects.toMatchObject({ code: 'invalid-request' })
  })
})
