import { DynamoDbError } from '../../../shared/dynamodb/errors.ts'
import { SearchError } from '../../../shared/search/errors.ts'
import type { Search } from '../../../shared/search/ports.ts'
import { MemorySearch } from '../../memory/search.ts'
import type { Sandbox } from '../lambda/sandbox.ts'
import type { World } from '../world.ts'

/** The search cluster of one world: what takes effect does so at once, and now and then it starts again. */
export class SearchStore {
  readonly memory: MemorySearch
  /** Sees every bulk as it is sent, and each document of it that is written. */
  watch: { begins(by: Sandbox): void; wrote(by: Sandbox, document: string): void } = { begins() {}, wrote() {} }
  readonly #world: World

  /** @param world with chance of its own. */
  constructor(world: World) {
    this.#world = world
    this.memory = new MemorySearch({
      clock: () => world.now,
      random: () => world.dice.next(),
      // Of single writes of a bulk.
      fail: () =>
        world.strikes('indexing pressure') ? 'pressure' : world.strikes('shard away') ? 'unavailable' : undefined,
    })
    if (world.strikes('cluster restarts')) this.#restartSometimes()
  }

  /** A restart forgets the versions of deleted documents. */
  #restartSometimes(): void {
    const { scheduler, dice, settings } = this.#world
    for (let times = dice.whole(1, 12); times > 0; times--)
      scheduler.after(settings.tempo * dice.between(0, dice.pick([300_000, 1_200_000, 5_400_000])), () => {
        this.#world.hit('path: cluster restarted')
        this.memory.restart()
      })
  }
}

/** The cluster as the code in one environment calls it. */
export function searchIn(world: World, sandbox: Sandbox, { memory, watch }: SearchStore): Search {
  const { requestMs } = world.settings
  const call = async <T>(name: string, write: boolean, effect: () => Promise<T>): Promise<T> => {
    try {
      return await sandbox.request({ name, ms: 2 * requestMs, write }, effect)
    } catch (error) {
      throw DynamoDbError.is(error) ? injected(error, name) : error
    }
  }
  return {
    info: () => call('info', false, () => memory.info()),
    bulk(writes) {
      watch.begins(sandbox)
      return call('bulk', true, async () => {
        const results = await memory.bulk(writes)
        for (const [i, { kind }] of results.entries())
          if (kind === 'done') watch.wrote(sandbox, `${writes[i]!.alias} ${writes[i]!.id}`)
        return results
      })
    },
    get: (index, documents) => call('get documents', false, () => memory.get(index, documents)),
    walk: (request) => call('walk', false, () => memory.walk(request)),
    unmarked: (index, limit) => call('unmarked', false, () => memory.unmarked(index, limit)),
    count: (index) => call('count', false, () => memory.count(index)),
    refresh: (index) => call('refresh', true, () => memory.refresh(index)),
    indices: (name) => call('indices', false, () => memory.indices(name)),
    createIndex: (name, index) => call('create index', true, () => memory.createIndex(name, index)),
    deleteIndex: (name) => call('delete index', true, () => memory.deleteIndex(name)),
    putSettings: (index, settings) => call('put settings', true, () => memory.putSettings(index, settings)),
    changeAliases: (changes) => call('change aliases', true, () => memory.changeAliases(changes)),
    health: (index) => call('health', false, () => memory.health(index)),
  }
}

/** A fault of the sandbox, in the words of the cluster. */
function injected({ code, message }: DynamoDbError, name: string): SearchError {
  return new SearchError(code === 'throttled' ? 'search-pressure' : 'search-unavailable', `${name}: ${message}`)
}
