import type { Client } from '@opensearch-project/opensearch'
import { SearchError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { AliasChange, Health, IndexState, NewIndex } from '../ports.ts'
import { call, malformed, pathOf } from './call.ts'
import { serviceTimeout } from './client.ts'

/** How long the cluster manager may take a change: after that it does not happen any more. */
const manager = { cluster_manager_timeout: serviceTimeout, timeout: serviceTimeout }

/** Not acknowledged: not every node knows the change yet, or it was not made. */
function acknowledged(action: string, { acknowledged }: { acknowledged?: boolean }): void {
  if (acknowledged === true) return
  throw new SearchError('search-unavailable', `${action} was not acknowledged by the cluster in ${serviceTimeout}`)
}

const isNotFound = (error: unknown) => SearchError.is(error) && error.code === 'search-not-found'

export async function readIndices(client: Client, name: string): Promise<IndexState[]> {
  const action = `Reading the index ${name}`
  interface Shown {
    aliases: Record<string, JsonObject>
    mappings: JsonObject
    settings: { index?: JsonObject }
  }
  try {
    const shown = await call<Record<string, Shown>>(client, action, { method: 'GET', path: pathOf(name) })
    return Object.entries(shown).map(
      ([
        index,
        {
          aliases,
          mappings,
          settings: { index: settings = {} },
        },
      ]) => {
        const { uuid } = settings
        if (typeof uuid !== 'string') throw malformed(action, 'an index has no UUID')
        return { name: index, uuid, aliases, settings, mappings }
      },
    )
  } catch (error) {
    if (isNotFound(error)) return []
    throw error
  }
}

export async function createIndex(client: Client, name: string, { settings, mappings, aliases = [] }: NewIndex) {
  const action = `Creating the index ${name}`
  const body = { settings: { index: settings }, mappings, aliases: Object.fromEntries(aliases.map((one) => [one, {}])) }
  try {
    acknowledged(action, await call(client, action, { method: 'PUT', path: pathOf(name), query: manager, body }))
    return 'created'
  } catch (error) {
    if (SearchError.is(error) && error.serviceError === 'resource_already_exists_exception') return 'exists'
    throw error
  }
}

export async function deleteIndex(client: Client, name: string): Promise<'deleted' | 'absent'> {
  const action = `Deleting the index ${name}`
  try {
    acknowledged(action, await call(client, action, { method: 'DELETE', path: pathOf(name), query: manager }))
    return 'deleted'
  } catch (error) {
    if (isNotFound(error)) return 'absent'
    throw error
  }
}

export async function putSettings(client: Client, index: string, settings: Readonly<Record<string, unknown>>) {
  const action = `Changing settings of the index ${index}`
  const request = {
    method: 'PUT',
    path: pathOf(index, '_settings'),
    query: manager,
    body: { index: settings },
  } as const
  acknowledged(action, await call(client, action, request))
}

export async function changeAliases(client: Client, changes: readonly AliasChange[]): Promise<void> {
  const action = 'Changing aliases'
  const actions = changes.map((change) =>
    'remove' in change
      ? { remove: { ...change.remove, must_exist: true } }
      : { add: { index: change.add.index, alias: change.add.alias, ...change.add.carrying } },
  )
  const request = { method: 'POST', path: '/_aliases', query: manager, body: { actions } } as const
  acknowledged(action, await call(client, action, request))
}

export async function readHealth(client: Client, index: string): Promise<Health> {
  const action = `Reading the health of the index ${index}`
  const { status, timed_out: absent } = await call<{ status?: string; timed_out?: boolean }>(client, action, {
    method: 'GET',
    path: `/_cluster/health${pathOf(index)}`,
    query: { timeout: '0s', cluster_manager_timeout: serviceTimeout },
    expects: 408,
  })
  // An index that is absent is waited for, and is red.
  if (absent) throw new SearchError('search-not-found', `${action} failed: there is no such index`)
  if (status !== 'green' && status !== 'yellow' && status !== 'red') throw malformed(action, 'it has no health')
  return status
}

export interface Shards {
  _shards?: { total: number; successful: number; failed: number }
}

/** Throws where a primary shard did not take part. One that is away counts neither as successful nor as failed. */
export function complete(action: string, { _shards: shards }: Shards, least: (total: number) => number): void {
  if (!shards) throw malformed(action, 'it names no shards')
  const { total, successful, failed } = shards
  if (failed > 0 || successful < least(total))
    throw new SearchError('search-unavailable', `${action} failed: ${successful} of ${total} shards took part`)
}

/**
 * A primary shard that is away is waited for by the service, for a minute, and then left out without a word; its answer
 * cannot tell that shard from a replica that is away. So the health is read first.
 */
export async function refreshIndex(client: Client, index: string): Promise<void> {
  const action = `Refreshing ${index}`
  if ((await readHealth(client, index)) === 'red')
    throw new SearchError('search-unavailable', `${action} failed: a primary shard is not there`)
  complete(action, await call<Shards>(client, action, { method: 'POST', path: pathOf(index, '_refresh') }), () => 1)
}
