import { SearchModuleError } from '../../shared/migrations/errors.ts'
import { type LoadedIndex, loadIndices } from '../../shared/migrations/load-indices.ts'
import type { SearchWorld } from '../../shared/phases/handlers/world.ts'
import type { Search } from '../../shared/search/ports.ts'
import { dynamodb, environment, world } from './world.ts'

let loading: Promise<LoadedIndex[]> | undefined
let opening: Promise<Search> | undefined

/** For the functions that work on indices. Definitions and client are loaded once per process, when they are needed. */
export const searchWorld: SearchWorld = {
  ...world,
  indices() {
    loading ??= load()
    return loading
  },
  openSearch() {
    opening ??= open()
    return opening
  },
}

async function load(): Promise<LoadedIndex[]> {
  let module: unknown
  try {
    module = await import('#search')
  } catch (cause) {
    throw new SearchModuleError(`The search module does not load: ${(cause as Error).message}`, { cause })
  }
  return loadIndices(module)
}

/** Imported here: a deployment without definitions never loads the client. */
async function open(): Promise<Search> {
  const [{ searchClient }, { sdkSearch }] = await Promise.all([
    import('../../shared/search/sdk/client.ts'),
    import('../../shared/search/sdk/search.ts'),
  ])
  return sdkSearch(searchClient(environment.options.searchEndpoint ?? '', dynamodb.config.credentials))
}
