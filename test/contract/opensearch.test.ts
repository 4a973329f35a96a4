import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { namedOpenSearch, type OpenSearchLocal, startOpenSearch } from '../../local/opensearch/start.ts'
import { defineIndex } from '../../shared/migrations/index.ts'
import { searchClient } from '../../shared/search/sdk/client.ts'
import { sdkSearch } from '../../shared/search/sdk/search.ts'
import { unindexed } from '../../testing/index.ts'
import { CuttingProxy } from './cutting-proxy.ts'
import { mappingContract } from './mapping-contract.ts'
import { searchAgreement } from './search-agreement.ts'
import { type Cluster, searchContract } from './search-contract.ts'

const limits = { requestBytes: 256 * 1024, pressureBytes: 100 * 1024 }

const named = namedOpenSearch()
let node: OpenSearchLocal | undefined
let endpoint: string
let proxy: CuttingProxy
let cluster: Cluster

beforeAll(async () => {
  node = named
    ? undefined
    : await startOpenSearch({
        settings: {
          'http.max_content_length': `${limits.requestBytes}b`,
          'indexing_pressure.memory.limit': `${limits.pressureBytes}b`,
        },
      })
  endpoint = named ?? (node as OpenSearchLocal).endpoint
  proxy = await CuttingProxy.open(endpoint)
  const client = searchClient(proxy.endpoint)
  cluster = {
    search: sdkSearch(client),
    limits,
    pass: async (ms) => {
      await sleep(ms)
    },
    writeForeign: async (index, { id, routing }, body) => {
      await client.index({ index, id, body, ...(routing !== undefined && { routing }) })
    },
    restart: async () => {
      // A delete that is still in the log of the shard is remembered again when the log is replayed.
      await client.indices.flush()
      await node?.stop()
      await node?.restart()
      const recovered = () =>
        client.cluster.health({ wait_for_status: 'yellow', timeout: '20s' }).then(
          () => true,
          () => false,
        )
      while (!(await recovered()));
    },
    loseAnswer: () => proxy.loseNext(),
    delayBulk: () => proxy.holdNext(),
  }
})

afterAll(async () => {
  proxy?.close()
  await node?.remove()
})

searchContract(named ? 'the cluster that SEGUE_OPENSEARCH names' : 'OpenSearch 2.19.6', () => cluster, !named)
mappingContract(named ? 'the cluster that SEGUE_OPENSEARCH names' : 'OpenSearch 2.19.6', () => cluster.search)

searchAgreement(() => cluster)

describe('the test kit on a cluster', () => {
  const cases = defineIndex({
    alias: 'cases',
    settings: { analysis: { normalizer: { lower: { type: 'custom', filter: ['lowercase'] } } } },
    mappings: { properties: { word: { type: 'keyword', normalizer: 'lower' }, spot: { type: 'geo_point' } } },
    id: ({ pk }) => String(pk),
    document: ({ word, spot }) => ({ word, spot }),
  })
  const items = [
    { pk: 'a', sk: 'a', word: 'A', spot: '1,2' },
    { pk: 'b', sk: 'b', word: 'B', spot: 'elsewhere' },
    { pk: 'a', sk: 'c', word: 'C' },
    { pk: 'd', sk: 'd', word: new Set(['D']) },
  ]

  it('lets it judge the documents, and leaves nothing behind', async () => {
    expect(await unindexed([cases], items, { endpoint })).toEqual([
      { item: 1, alias: 'cases', reason: expect.stringMatching(/`spot` \(geo_point\)/) },
      { item: 2, alias: 'cases', reason: 'another of these items has the same id' },
      { item: 3, alias: 'cases', reason: expect.stringMatching(/a set/) },
    ])
    const { body } = await searchClient(endpoint).cat.indices({ index: 'segue-check-*', format: 'json' })
    expect(body).toEqual([])
  })

  it('says what the cluster refuses of a mapping', async () => {
    const broken = { ...cases, mappings: { properties: { word: { type: 'no-such-type' } } } }
    await expect(unindexed([broken], items, { endpoint })).rejects.toMatchObject({
      code: 'search-invalid-request',
      message: expect.stringContaining('no-such-type'),
    })
  })
})
