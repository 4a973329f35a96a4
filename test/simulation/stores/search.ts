import { DynamoDbError } from '../../../shared/dynamodb/errors.ts'
import { writeAlias } from '../../../shared/facts/builds.ts'
import { SearchError } from '../../../shared/search/errors.ts'
import type { Search, Write, WriteResult } from '../../../shared/search/ports.ts'
import { MemorySearch } from '../../memory/search.ts'
import type { RequestShape, Sandbox } from '../lambda/sandbox.ts'
import { violation } from '../violation.ts'
import type { IndexWriters } from '../workload/index-writers.ts'
import type { World } from '../world.ts'

/** The search cluster of one world: what takes effect does so at once, and now and then it starts again. */
export class SearchStore {
  readonly memory: MemorySearch
  /** Sees every bulk as it is sent, and each document of it that is written. */
  watch: { begins(by: Sandbox): void; wrote(by: Sandbox, document: string): void } = { begins() {}, wrote() {} }
  /** The application that uses the destination meanwhile. */
  writers: IndexWriters | undefined
  /** Write aliases of builds of which the ledger says that no document of the pass can land any more. */
  readonly #quiet = new Set<string>()
  /** The versions of deletes that took effect, by document: what a cluster that forgets nothing would know. */
  readonly #deleted = new Map<string, number>()
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

  /** The ledger says it of a build with these indices. */
  quiet(names: readonly string[]): void {
    for (const name of names) this.#quiet.add(writeAlias(name))
  }

  /** Applies a bulk, and counts what Segue has to cope with. */
  async bulk(writes: readonly Write[], by: Sandbox): Promise<WriteResult[]> {
    const late = writes.find(({ version, alias }) => version === 1 && this.#quiet.has(alias))
    if (late)
      this.#world.violated(violation('early quiet', `A document of the pass reached ${late.alias} during quiet`))
    const results = await this.memory.bulk(writes)
    for (const [i, write] of writes.entries()) {
      this.#note(write, results[i]!)
      if (results[i]!.kind === 'done') this.watch.wrote(by, `${write.alias} ${write.id}`)
    }
    return results
  }

  #note({ op, alias, id, routing, version }: Write, result: WriteResult): void {
    const document = JSON.stringify([alias, id, routing])
    const deleted = this.#deleted.get(document) ?? 0
    if (result.kind === 'conflict') this.#world.hit(`path: conflict of ${version === 1 ? 'the pass' : 'a ticket'}`)
    if (result.kind !== 'done') return
    if (op === 'index' && version < deleted)
      this.#world.hit(
        `path: a forgotten delete lets ${version === 1 ? 'the pass' : 'a late ticket'} bring a document back`,
      )
    if (op === 'delete' && version < deleted) this.#world.hit('path: late delete')
    if (op === 'delete') this.#deleted.set(document, Math.max(deleted, version))
  }

  /** A restart forgets the versions of deleted documents. */
  #restartSometimes(): void {
    const { scheduler, dice, settings } = this.#world
    for (let times = dice.whole(1, 12); times > 0; times--)
      scheduler.after(settings.tempo * dice.between(0, dice.pick([300_000, 1_200_000, 5_400_000])), this.restart)
  }

  /** What Bury deletes may be forgotten again before the last document of the pass lands. */
  restartSoon(): void {
    const { scheduler, dice } = this.#world
    if (dice.chance(0.6)) scheduler.after(dice.between(0, 90_000), this.restart)
  }

  readonly restart = (): void => {
    this.#world.hit('path: cluster restarted')
    this.memory.restart()
  }
}

/** The cluster as the code in one environment calls it. */
export function searchIn(world: World, sandbox: Sandbox, store: SearchStore): Search {
  const { memory } = store
  const { requestMs } = world.settings
  const call = async <T>(
    name: string,
    write: boolean,
    effect: () => Promise<T>,
    more: Partial<RequestShape<T>> = {},
  ): Promise<T> => {
    try {
      return await sandbox.request({ name, ms: 2 * requestMs, write, ...more }, effect)
    } catch (error) {
      throw DynamoDbError.is(error) ? injected(error, name) : error
    }
  }
  return {
    info: () => call('info', false, () => memory.info()),
    bulk(writes) {
      store.watch.begins(sandbox)
      const isOfPass = writes.some(({ version }) => version === 1)
      if (isOfPass) store.writers?.sending(writes)
      const onLinger = () => store.writers?.doomed(writes)
      const crashes = isOfPass && world.strikes('crash while indexing')
      const effect = async () => {
        if (world.strikes('late bulk')) {
          world.scheduler.after(world.dice.between(5_000, 50_000), () => void store.bulk(writes, sandbox))
          throw new SearchError('search-unavailable', 'Injected: no answer')
        }
        const results = await store.bulk(writes, sandbox)
        if (world.strikes('bulk answer lost'))
          throw new SearchError('search-unavailable', 'Injected: the answer is lost')
        return results
      }
      return call('bulk', true, effect, { onLinger, crashes })
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
