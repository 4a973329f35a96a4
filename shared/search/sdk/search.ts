import type { Client } from '@opensearch-project/opensearch'
import type { Search } from '../ports.ts'
import { sendBulk } from './bulk.ts'
import { call, malformed } from './call.ts'
import {
  changeAliases,
  createIndex,
  deleteIndex,
  putSettings,
  readHealth,
  readIndices,
  refreshIndex,
} from './indices.ts'
import { countDocuments, getDocuments, unmarkedDocuments, walkPage } from './read.ts'

/** The search port on a cluster. */
export function sdkSearch(client: Client): Search {
  return {
    info: () => info(client),
    bulk: (writes) => sendBulk(client, writes),
    get: (index, documents) => getDocuments(client, index, documents),
    walk: (request) => walkPage(client, request),
    unmarked: (index, limit) => unmarkedDocuments(client, index, limit),
    count: (index) => countDocuments(client, index),
    refresh: (index) => refreshIndex(client, index),
    indices: (name) => readIndices(client, name),
    createIndex: (name, index) => createIndex(client, name, index),
    deleteIndex: (name) => deleteIndex(client, name),
    putSettings: (index, settings) => putSettings(client, index, settings),
    changeAliases: (changes) => changeAliases(client, changes),
    health: (index) => readHealth(client, index),
  }
}

async function info(client: Client): Promise<{ distribution?: string; version: string }> {
  const action = 'Asking the endpoint what it is'
  const { version } = await call<{ version?: { distribution?: string; number?: string } }>(client, action, {
    method: 'GET',
    path: '/',
  })
  if (typeof version?.number !== 'string') throw malformed(action, 'it has no version')
  return { ...(version.distribution !== undefined && { distribution: version.distribution }), version: version.number }
}
