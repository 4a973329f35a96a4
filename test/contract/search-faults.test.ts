import { createServer, type Server } from 'node:http'
import { type AddressInfo, createServer as createSocketServer } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { defineIndex } from '../../shared/migrations/index.ts'
import type { Search, Write } from '../../shared/search/ports.ts'
import { searchClient } from '../../shared/search/sdk/client.ts'
import { sdkSearch } from '../../shared/search/sdk/search.ts'
import { unindexed } from '../../testing/index.ts'

interface Answer {
  status: number
  body: string
  type?: string
}

/** What a cluster on this machine never answers: faults of the managed service, and of what stands before it. */
let server: Server
let search: Search
let answer: Answer
/** Answers to the requests before those that get `answer`. */
let first: Answer[]
let requests: { method: string; url: string; authorization: string | undefined; body: string }[]

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    requests.push({
      method: request.method ?? '',
      url: request.url ?? '',
      authorization: request.headers.authorization,
      body,
    })
    const { status, body: text, type = 'application/json' } = first.shift() ?? answer
    response.writeHead(status, { 'content-type': type }).end(text)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  search = sdkSearch(searchClient(endpoint()))
})
afterAll(() => server.close())
beforeEach(() => {
  requests = []
  first = []
})

const endpoint = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const write: Write = { op: 'index', alias: 'X', id: 'jane@example.com', version: 1, json: '{"name":"jane"}' }
const remove: Write = { op: 'delete', alias: 'X', id: 'jane@example.com', version: 2 }
const item = (status: number, type?: string, reason = 'about jane') => ({
  index: type ? { status, error: { type, reason } } : { status },
})
const give = (status: number, body: object | string, type?: string) => {
  answer = { status, body: typeof body === 'string' ? body : JSON.stringify(body), ...(type && { type }) }
}

describe('a request that fails', () => {
  it.each<[string, number, object | string, object]>([
    ['a page of a proxy', 502, '<html>jane</html>', { code: 'search-unavailable', retryable: true }],
    ['a gateway that waited', 504, '', { code: 'search-unavailable', retryable: true }],
    [
      'no permission',
      403,
      { Message: 'User: jane is not authorized' },
      { code: 'search-access-denied', retryable: false },
    ],
    [
      'no role',
      403,
      { error: { type: 'security_exception', reason: 'no permissions for jane' } },
      { code: 'search-access-denied' },
    ],
    ['a bad signature', 401, '', { code: 'search-access-denied' }],
    ['throttling', 429, 'Too Many Requests', { code: 'search-pressure', retryable: true }],
    ['a size limit', 413, { Message: 'Request size exceeded' }, { code: 'search-too-large', retryable: false }],
    ['memory', 429, { error: { type: 'circuit_breaking_exception', reason: 'jane' } }, { code: 'search-pressure' }],
    [
      'a block',
      403,
      { error: { type: 'cluster_block_exception', reason: 'blocked by: x' } },
      { code: 'search-blocked', retryable: true },
    ],
    [
      'no manager',
      503,
      { error: { type: 'cluster_manager_not_discovered_exception' } },
      { code: 'search-unavailable' },
    ],
    ['no JSON', 200, '{"items":[', { code: 'search-malformed-answer', retryable: false }],
    ['no object', 200, 'ok', { code: 'search-malformed-answer' }],
    ['too few results', 200, { items: [] }, { code: 'search-malformed-answer' }],
    ['another result', 200, { items: [{ delete: { status: 200 } }] }, { code: 'search-malformed-answer' }],
  ])('for %s says so, and shows nothing of a document', async (_, status, body, error) => {
    give(status, body, typeof body === 'string' && !body.startsWith('{') ? 'text/html' : undefined)
    await expect(search.bulk([write])).rejects.toMatchObject(error)
    await expect(search.bulk([write])).rejects.not.toMatchObject({ message: expect.stringContaining('jane') })
    expect(requests).toHaveLength(2)
  })

  it('because nothing listens is unavailable', async () => {
    const nowhere = sdkSearch(searchClient('http://127.0.0.1:1'))
    await expect(nowhere.info()).rejects.toMatchObject({ code: 'search-unavailable' })
    await expect(nowhere.info()).rejects.toMatchObject({ code: 'search-unavailable' })
  })

  it('because the connection is not secure does not succeed later', async () => {
    const plain = sdkSearch(searchClient(endpoint().replace('http:', 'https:')))
    await expect(plain.info()).rejects.toMatchObject({ code: 'search-endpoint', retryable: false })
  })

  it('because the connection broke while it was being secured may succeed later', async () => {
    const breaking = createSocketServer((socket) => socket.once('data', () => socket.end()))
    await new Promise<void>((resolve) => breaking.listen(0, '127.0.0.1', resolve))
    const secure = sdkSearch(searchClient(`https://127.0.0.1:${(breaking.address() as AddressInfo).port}`))
    await expect(secure.info()).rejects.toMatchObject({
      code: 'search-unavailable',
      retryable: true,
      message: expect.stringContaining('TLS'),
    })
    breaking.close()
  })
})

it('each write is judged by the type of its error, and its reason shows nothing of a document', async () => {
  const given = [
    item(201),
    item(409, 'version_conflict_engine_exception', '[jane]: version conflict, current version [7] is higher'),
    item(409, 'version_conflict_engine_exception', 'in other words'),
    item(400, 'mapper_parsing_exception', "failed to parse field [age] of type [long] in document with id 'jane'"),
    item(400, 'strict_dynamic_mapping_exception', 'dynamic introduction of [jane@example.com] within [_doc]'),
    item(400, 'illegal_argument_exception', 'Document contains at least one immense term in field="name" (jane)'),
    item(400, 'illegal_argument_exception', 'pipeline with id [jane] does not exist'),
    item(400, 'illegal_argument_exception', 'no write index is defined for alias [X]'),
    item(429, 'rejected_execution_exception'),
    item(429, 'cluster_block_exception', 'index [x] blocked by: [TOO_MANY_REQUESTS/12/flood stage]'),
    item(403, 'cluster_block_exception', 'index [x] blocked by: [FORBIDDEN/8/index write (api)]'),
    item(403, 'security_exception'),
    item(404, 'index_not_found_exception'),
    item(413, 'anything'),
    item(503, 'unavailable_shards_exception'),
    item(500, 'null_pointer_exception'),
    item(400, 'routing_missing_exception'),
  ]
  give(200, { items: given })
  const results = await search.bulk(given.map(() => write))
  expect(results.map((result) => [result.kind, ...('holds' in result ? [result.holds] : [])].join(' '))).toEqual([
    'done',
    'conflict 7',
    'conflict',
    'rejected',
    'rejected',
    'rejected',
    'invalid-request',
    'not-found',
    'pressure',
    'blocked',
    'blocked',
    'access-denied',
    'not-found',
    'too-large',
    'unavailable',
    'unavailable',
    'rejected',
  ])
  const reasons = results.flatMap((result) => ('reason' in result ? [result.reason] : []))
  expect(reasons.join('\n')).not.toContain('jane')
  expect(reasons).toContain('mapper_parsing_exception at `age` (long)')
  expect(reasons).toContain('illegal_argument_exception at `name`')
  expect(reasons).toContain('cluster_block_exception: index [x] blocked by: [FORBIDDEN/8/index write (api)]')
})

describe('the test kit', () => {
  const cases = defineIndex({ alias: 'cases', mappings: {}, id: ({ pk }) => String(pk), document: () => ({}) })
  const items = [{ pk: 'a', sk: 'a' }]
  const judge = () => unindexed([cases], items, { endpoint: endpoint() })
  /** What the creation and the deletion of an index are answered with, and a bulk of one write. */
  const all = (write: object) => ({ acknowledged: true, items: [write] })
  const made = () => requests.map(({ method, url }) => `${method} ${url.startsWith('/_bulk') ? 'bulk' : 'index'}`)

  it('tries a busy cluster again', async () => {
    give(200, all(item(201)))
    first = [
      { status: 503, body: '' },
      answer,
      { status: 200, body: JSON.stringify(all(item(429, 'rejected_execution_exception'))) },
    ]
    expect(await judge()).toEqual([])
    expect(made()).toEqual(['PUT index', 'PUT index', 'POST bulk', 'POST bulk', 'DELETE index'])
  })

  it('does not take what the cluster lacks for a fault of the documents', async () => {
    give(200, all(item(403, 'security_exception')))
    await expect(judge()).rejects.toMatchObject({ code: 'search-access-denied' })
    expect(made()).toEqual(['PUT index', 'POST bulk', 'DELETE index'])
  })

  it('shows the first error, whatever becomes of its index', async () => {
    give(403, {})
    first = [{ status: 400, body: JSON.stringify({ error: { type: 'mapper_parsing_exception' } }) }]
    await expect(judge()).rejects.toMatchObject({ code: 'search-invalid-request' })
    expect(made()).toEqual(['PUT index', 'DELETE index'])
  })
})

it('a bulk has one line for a delete and two for a document, an external version, and requires an alias', async () => {
  give(200, { items: [{ index: { status: 201 } }, { delete: { status: 404 } }] })
  expect(await search.bulk([write, { ...remove, routing: 'r' }])).toEqual([{ kind: 'done' }, { kind: 'done' }])
  expect(requests[0]?.url).toMatch(/^\/_bulk\?.*require_alias=true/)
  expect(requests[0]?.body.split('\n').map((line) => line && JSON.parse(line))).toEqual([
    { index: { _index: 'X', _id: 'jane@example.com', version: 1, version_type: 'external' } },
    { name: 'jane' },
    { delete: { _index: 'X', _id: 'jane@example.com', routing: 'r', version: 2, version_type: 'external' } },
    '',
  ])
  await expect(search.bulk([{ ...write, json: '{\n}' }])).rejects.toThrow(TypeError)
})

it('a change that the cluster does not acknowledge may still happen', async () => {
  give(200, { acknowledged: false })
  const unavailable = { code: 'search-unavailable', retryable: true }
  await expect(search.createIndex('x', { settings: {}, mappings: {} })).rejects.toMatchObject(unavailable)
  await expect(search.deleteIndex('x')).rejects.toMatchObject(unavailable)
  await expect(search.putSettings('x', {})).rejects.toMatchObject(unavailable)
  await expect(search.changeAliases([])).rejects.toMatchObject(unavailable)
})

it('a count, a refresh or a page that misses a shard fails', async () => {
  const unavailable = { code: 'search-unavailable' }
  const found = (shards: object) =>
    give(200, { timed_out: false, hits: { total: { value: 5 }, hits: [] }, _shards: shards })
  found({ total: 3, successful: 3, failed: 0 })
  expect(await search.count('x')).toBe(5)
  for (const failed of [0, 1]) {
    found({ total: 3, successful: 2, failed })
    await expect(search.count('x')).rejects.toMatchObject(unavailable)
    await expect(search.walk({ index: 'x', limit: 1 })).rejects.toMatchObject(unavailable)
    await expect(search.unmarked('x', 1)).rejects.toMatchObject(unavailable)
  }
  give(200, { status: 'green', _shards: { total: 1, successful: 0, failed: 0 } })
  await expect(search.refresh('x')).rejects.toMatchObject(unavailable)
  // A replica that is away is no harm; a primary shard that is would be waited for, and left out.
  give(200, { status: 'yellow', _shards: { total: 2, successful: 1, failed: 0 } })
  await search.refresh('x')
  requests = []
  give(200, { status: 'red', _shards: { total: 2, successful: 1, failed: 0 } })
  await expect(search.refresh('x')).rejects.toMatchObject(unavailable)
  expect(requests.map(({ url }) => url).filter((url) => url.includes('_refresh'))).toEqual([])
  give(200, { timed_out: true, hits: { hits: [] } })
  await expect(search.walk({ index: 'x', limit: 1 })).rejects.toMatchObject({ code: 'search-malformed-answer' })
  expect(requests.at(-1)?.url).toContain('allow_partial_search_results=false')
  expect(requests.at(-1)?.url).toContain('search_pipeline=_none')
})

it.each(['*', 'a*', 'a,b', '_all', '-a', 'a/b', '', '<a>'])('no name reaches other indices: %s', async (name) => {
  await expect(search.deleteIndex(name)).rejects.toMatchObject({ code: 'search-invalid-request' })
  await expect(search.refresh(name)).rejects.toMatchObject({ code: 'search-invalid-request' })
  expect(requests).toEqual([])
})

describe('an endpoint', () => {
  const credentials = async () => ({ accessKeyId: 'AKEY', secretAccessKey: 'secret', sessionToken: 'token' })

  it.each([
    ['https://search-x-abc.eu-west-1.es.amazonaws.com', 'eu-west-1'],
    ['https://vpc-x-abc.us-gov-west-1.es.amazonaws.com', 'us-gov-west-1'],
    ['https://search-x-abc.cn-north-1.es.amazonaws.com.cn', 'cn-north-1'],
    ['https://search-x-abc.aos.es.eu-west-1.on.aws', 'eu-west-1'],
  ])('of a managed domain is signed for: %s', async (url, region) => {
    const client = searchClient(url, credentials)
    const connection = client.connectionPool.connections[0] as unknown as { request: (request: object) => void }
    const signed = new Promise<{ headers: Record<string, string> }>((resolve) => {
      const { buildRequestObject } = Object.getPrototypeOf(connection)
      connection.request = (request) => resolve(buildRequestObject.call(connection, request))
    })
    client.transport.request({ method: 'GET', path: '/' }).catch(() => {})
    expect((await signed).headers.Authorization).toMatch(
      new RegExp(`^AWS4-HMAC-SHA256 Credential=AKEY/\\d{8}/${region}/es/aws4_request`),
    )
  })

  it('elsewhere is asked plainly, or with the user and password of its URL', async () => {
    give(200, { version: { number: '2.19.6', distribution: 'opensearch' } })
    await search.info()
    await sdkSearch(searchClient(endpoint().replace('//', '//user:pass@'), credentials)).info()
    expect(requests.map(({ authorization }) => authorization)).toEqual([
      undefined,
      `Basic ${Buffer.from('user:pass').toString('base64')}`,
    ])
  })

  it.each([
    ['https://abc123.eu-west-1.aoss.amazonaws.com', /serverless collection.*managed domain/],
    ['search-x.es.amazonaws.com', /expected a URL/],
    ['ftp://search-x.es.amazonaws.com', /expected http or https/],
    ['https://search-x.es.amazonaws.com/?q=1', /without a query/],
  ])('that cannot be used is refused: %s', (url, message) => {
    expect(() => searchClient(url)).toThrow(message)
    expect(() => searchClient(url)).toThrow(expect.objectContaining({ code: 'search-endpoint' }))
  })

  it('of something else says what it is', async () => {
    give(200, { version: { number: '8.1.0', build_flavor: 'default' } })
    expect(await search.info()).toEqual({ version: '8.1.0' })
    give(200, { hello: 'world' })
    await expect(search.info()).rejects.toMatchObject({ code: 'search-malformed-answer' })
  })
})
