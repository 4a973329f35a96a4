import type { DynamoDbError } from '../../../shared/dynamodb/errors.ts'
import type { Page, Table, WriteResult } from '../../../shared/dynamodb/ports.ts'
import type { RawItem } from '../../../shared/dynamodb/raw-item.ts'
import { type Call, cutIntoCalls, sendAll } from '../../../shared/dynamodb/sdk/calls.ts'
import type { Ask } from '../../../shared/runtime/retry.ts'
import { invalid } from '../../memory/invalid.ts'
import type { MemoryTable } from '../../memory/table.ts'
import { failure, type Sandbox } from '../lambda/sandbox.ts'
import type { World } from '../world.ts'
import { Pace } from './pace.ts'
import type { Replica } from './replica.ts'
import type { Watch } from './watch.ts'

/** A table in the world: its items, who watches them, and when it throttles. */
export interface TableStore {
  memory: MemoryTable
  watch: Watch
  pace: Pace
  /** What reads that are not strongly consistent may see. */
  replica?: Replica
  stormFrom: number
  stormUntil: number
  /** Share of the requests that are throttled meanwhile. */
  stormShare: number
  /** Until then every write from `deafFrom` on is refused as invalid, whatever it holds. */
  deafFrom: number
  deafUntil: number
}

export function tableStore(world: World, memory: MemoryTable, watch: Watch): TableStore {
  const { tempo } = world.settings
  const storm = world.strikes('storm')
  const stormFrom = world.now + tempo * world.dice.between(0, 120_000)
  const stormUntil = storm ? stormFrom + tempo * world.dice.between(10_000, 90_000) : 0
  const stormShare = world.dice.pick([0.5, 1, 1])
  const deafFrom = world.now + tempo * world.dice.between(0, 240_000)
  const deafUntil = world.strikes('everything refused') ? deafFrom + world.dice.between(500, 60_000) : 0
  return { memory, watch, pace: new Pace(world, memory.name), stormFrom, stormUntil, stormShare, deafFrom, deafUntil }
}

/** What the service says to a write now, where it refuses all of them. */
export function deafness(world: World, { deafFrom, deafUntil }: TableStore): DynamoDbError | undefined {
  if (world.now < deafFrom || world.now >= deafUntil) return undefined
  world.hit('path: every write refused')
  return invalid('anything', 'a table that takes nothing')
}

/**
 * A table as the code in one environment reaches it: every call takes time and may go wrong, and many items travel in
 * the calls that the real adapter would cut.
 */
export function tableIn(world: World, sandbox: Sandbox, store: TableStore, ask?: Ask): Table {
  const { memory, watch, pace } = store
  const { pageItems } = world.settings
  const { isPaced } = pace
  const read = (name: string, keys = 0) => ({
    name: `${name} ${memory.name}`,
    ms: pace.requestMs + (isPaced ? pace.readMs(keys) : 0),
    write: false,
  })
  const from = ({ consistent }: { consistent: boolean }) => (consistent ? memory : (store.replica?.any() ?? memory))
  const transferMs = ({ items }: Page) => pace.readMs(items.length) * world.dice.between(0.8, 1.2)
  const throttles = () =>
    world.now < store.stormUntil && world.now >= store.stormFrom && world.dice.chance(store.stormShare)

  const readable = (name: string, page: Page): Page => {
    if (!pace.isReadable) throw failure('throttled', name)
    pace.haveRead(page.items.length)
    watch.read(sandbox, page)
    return page
  }

  const write = (operation: 'put' | 'insert', items: RawItem[]): Promise<WriteResult[]> => {
    const calls = cutIntoCalls([...items.keys()], () => 1, items.length).map((positions): Call => {
      const jitter = world.dice.between(0.8, 1.2)
      const send = async () => {
        const onLinger = () => watch.lingers(positions.map((position) => items[position]!))
        const crashes = world.strikes('crash while writing')
        const ms = pace.requestMs + pace.writeMs(positions.length) * jitter
        const shape = { name: `${operation} ${memory.name}`, ms, write: true, onLinger, crashes }
        watch.begins(sandbox)
        return sandbox.request(shape, async () => {
          const batch = positions.map((position) => items[position]!)
          if (throttles()) return batch.map((): WriteResult => 'retry')
          const deaf = deafness(world, store)
          if (deaf) throw deaf
          // A batch of puts is refused whole for one of them, a batch of statements is not.
          const unfit = operation === 'put' && batch.find((item) => memory.refusalOf(item))
          if (unfit) throw memory.refusalOf(unfit)
          const allowed = pace.writes(batch.length)
          return Promise.all(batch.map((item, i) => (i < allowed ? statement(operation, item) : 'retry')))
        })
      }
      return { positions, send }
    })
    return sendAll(items.length, calls, { alone: (position) => alone(operation, items[position]!), probe }, ask)
  }

  const alone = (operation: 'put' | 'insert', item: RawItem): Promise<WriteResult> => {
    watch.begins(sandbox)
    return sandbox.request({ name: `${operation} one ${memory.name}`, ms: pace.requestMs, write: true }, async () => {
      if (throttles() || pace.writes(1) < 1) return 'retry'
      const refused = deafness(world, store) ?? memory.refusalOf(item)
      if (refused) throw refused
      return statement(operation, item)
    })
  }

  const probe = () =>
    sandbox.request({ name: `probe ${memory.name}`, ms: pace.requestMs, write: false }, async () => {
      world.hit('path: probed')
      return !deafness(world, store)
    })

  const statement = async (operation: 'put' | 'insert', item: RawItem): Promise<WriteResult> => {
    const fails =
      world.strikes(operation === 'put' ? 'unprocessed' : 'failed statement') ||
      (operation === 'insert' && world.strikes('unprocessed'))
    if (fails) return 'retry'
    const [result] = await memory[operation]([item])
    watch.wrote(sandbox, operation, item, result!)
    return world.strikes('lost statement') ? 'retry' : result!
  }

  return {
    name: memory.name,
    schema: memory.schema,
    scan: (request) =>
      sandbox.request({ ...read('scan'), transferMs }, async () => {
        return readable('scan', await from(request).scan({ ...request, limit: Math.min(request.limit, pageItems) }))
      }),
    query: (request) =>
      sandbox.request({ ...read('query'), transferMs }, async () => {
        return readable('query', await from(request).query({ ...request, limit: Math.min(request.limit, pageItems) }))
      }),
    get: (keys) =>
      sandbox.request(read('get', keys.length), async () => {
        if (!pace.isReadable) throw failure('throttled', 'get')
        pace.haveRead(keys.length)
        watch.got(sandbox, keys)
        return memory.get(keys)
      }),
    put: (items) => write('put', items),
    insert: (items) => write('insert', items),
  }
}
