import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { judgeDocuments } from '../shared/migrations/judge-documents.ts'
import type { LoadedIndex } from '../shared/migrations/load-indices.ts'
import type { MadeDocument } from '../shared/migrations/make-document.ts'
import type { Runtime } from '../shared/runtime/ports.ts'
import { retryingSearch } from '../shared/search/retrying-search.ts'
import { searchClient } from '../shared/search/sdk/client.ts'
import { sdkSearch } from '../shared/search/sdk/search.ts'

const runtime: Runtime = {
  clock: Date.now,
  random: Math.random,
  sleep: async (ms) => {
    await sleep(ms)
  },
  emit: () => {},
}

/** Lets the cluster at an endpoint judge documents, in an index of their own. One reason or none for each. */
export function byCluster(endpoint: string) {
  return async (definition: LoadedIndex, made: readonly MadeDocument[]): Promise<(string | undefined)[]> => {
    const client = searchClient(endpoint)
    try {
      const search = retryingSearch(sdkSearch(client), runtime)
      return await judgeDocuments(search, `segue-check-${randomUUID()}`, definition, made)
    } finally {
      await client.close()
    }
  }
}
