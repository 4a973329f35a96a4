import type { KeyType, KeyValue } from '../../../shared/dynamodb/attributes.ts'
import { DynamoDbError } from '../../../shared/dynamodb/errors.ts'
import { itemBytes } from '../../../shared/dynamodb/item-size.ts'
import { encodeKeyValue, type Key } from '../../../shared/dynamodb/key.ts'
import { spending } from '../../../shared/dynamodb/meter.ts'
import type { Page, Table, WriteResult } from '../../../shared/dynamodb/ports.ts'
import type { RawItem } from '../../../shared/dynamodb/raw-item.ts'
import { type Call, cutIntoCalls, readAll, sendAll } from '../../../shared/dynamodb/sdk/calls.ts'
import type { Ask, Settle } from '../../../shared/runtime/retry.ts'
import { invalid } from '../../memory/invalid.ts'
import { hash, orderBytes } from '../../memory/key-order.ts'
import type { MemoryTable } from '../../memory/table.ts'
import type { Fault } from '../faults.ts'
import { failure, type Sandbox } from '../lambda/sandbox.ts'
import type { World } from '../world.ts'
import { consistent } from './consistency.ts'
import { Pace } from './pace.ts'
import type { Replica } from './replica.ts'
import type { Watch } from './watch.ts'

/** A table in the world: its items, who watches them, and when it throttles. */
export interface TableStore {
  memory: MemoryTable
  watch: Watch
  pace: Pace
  /** What reads that are not strongly consistent may see. */
  replica: Replica
  stormFrom: number
  stormUntil: number
  /** Share of the requests that are throttled meanwhile. */
  stormShare: number
  /** Until then every write from `deafFrom` on is refused as invalid, whatever it holds. */
  deafFrom: number
  deafUntil: number
  /** Which writes go wrong while all others take their course. */
  throttledPart: Part
  deniedPart: Part
}

/** A part of the keys of a table, for a while. */
interface Part {
  from: number
  until: number
  /** Of so many parts, by the hash of the partition key. */
  of: number
  which: number
}

export function tableStore(world: World, memory: MemoryTable, watch: Watch): Omit<TableStore, 'replica'> {
  const { tempo } = world.settings
  const storm = world.strikes('storm')
  const stormFrom = world.now + tempo * world.dice.between(0, 120_000)
  const stormUntil = storm ? stormFrom + tempo * world.dice.between(10_000, 90_000) : 0
  const stormShare = world.dice.pick([0.5, 1, 1])
  const deafFrom = world.now + tempo * world.dice.between(0, 240_000)
  const deafUntil = world.strikes('everything refused') ? deafFrom + world.dice.between(500, 60_000) : 0
  const pace = new Pace(world, memory.name)
  const throttledPart = drawPart(world, 'partition throttled', 90_000)
  const deniedPart = drawPart(world, 'partition denied', 60_000)
  return { memory, watch, pace, stormFrom, stormUntil, stormShare, deafFrom, deafUntil, throttledPart, deniedPart }
}

function drawPart(world: World, fault: Fault, longestMs: number): Part {
  const { now, further, settings } = world
  const from = now + settings.tempo * further.between(0, 180_000)
  const until = from + settings.tempo * further.between(1_000, longestMs)
  const of = further.pick([2, 4, 8])
  const which = further.whole(0, of - 1)
  return { from, until: world.strikes(fault) ? until : 0, of, which }
}

function isIn({ from, until, of, which }: Part, { now }: World, { pk }: Key): boolean {
  return now >= from && now < until && hash(encodeKeyValue(pk)) % of === which
}

/** What the service says to a write now, where it denies those of one part of the keys. */
export function denial(world: World, { deniedPart, memory }: TableStore, keys: Key[]): DynamoDbError | undefined {
  if (!keys.some((key) => isIn(deniedPart, world, key))) return undefined
  world.hit('path: write of one partition denied')
  return new DynamoDbError('access-denied', `Injected: some keys of ${memory.name} are denied`)
}

/** What the service says to a write now, where it refuses all of them. */
export function deafness(world: World, { deafFrom, deafUntil }: TableStore): DynamoDbError | undefined {
  if (world.now < deafFrom || world.now >= deafUntil) return undefined
  world.hit('path: every write refused')
  return invalid('anything', 'a table that takes nothing')
}

/** Now and then a page without items, after which the walk continues: before the first of those that it might hold. */
function emptied(world: World, { memory }: TableStore, { items }: Page, after: Key | undefined): Page | undefined {
  const next = after ?? beforeFirst(memory, items[0]?.key)
  return next && world.strikes('empty page') ? { items: [], next } : undefined
}

/** The lowest key of the partition key in which a page begins, if no item has it. */
function beforeFirst({ schema }: MemoryTable, first: Key | undefined): Key | undefined {
  if (!first?.sk || !schema.sk) return undefined
  const sk = lowest[schema.sk.type]
  return Buffer.compare(orderBytes(sk), orderBytes(first.sk)) < 0 ? { pk: first.pk, sk } : undefined
}

const lowest: Record<KeyType, KeyValue> = {
  S: { S: '\0' },
  N: { N: `-9.${'9'.repeat(37)}E+125` },
  B: { B: new Uint8Array([0]) },
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
  const from = ({ consistent }: { consistent: boolean }) => (consistent ? memory : store.replica.any())
  const transferMs = ({ items }: Page) => pace.readMs(items.length) * world.dice.between(0.8, 1.2)
  const throttles = () =>
    world.now < store.stormUntil && world.now >= store.stormFrom && world.dice.chance(store.stormShare)

  const readable = (name: string, page: Page, took: Took, consistent: boolean): Page => {
    if (!pace.isReadable) throw failure('throttled', name)
    pace.haveRead(page.items.length)
    watch.read(sandbox, page)
    if (!world.settings.budgeted) return page
    const units = readUnits(sum(page.items, bytesOf), consistent)
    took('read', units)
    return { ...page, units }
  }

  const denied = (items: RawItem[]) =>
    denial(
      world,
      store,
      items.map(({ key }) => key),
    )

  const write = (operation: 'put' | 'insert', items: RawItem[]): Promise<WriteResult[]> => {
    const calls = cutIntoCalls([...items.keys()], () => 1, items.length).map((positions): Call => {
      const jitter = world.dice.between(0.8, 1.2)
      const send = async (report: Settle) => {
        const took = world.capacity.sends(sandbox)
        const onLinger = () => watch.lingers(positions.map((position) => items[position]!))
        const crashes = world.strikes('crash while writing')
        const ms = pace.requestMs + pace.writeMs(positions.length) * jitter
        const shape = { name: `${operation} ${memory.name}`, ms, write: true, item: true, onLinger, crashes }
        watch.begins(sandbox)
        const sent = await sandbox.request(shape, async (): Promise<{ results: WriteResult[]; units?: number }> => {
          const batch = positions.map((position) => items[position]!)
          if (throttles()) return { results: batch.map((): WriteResult => 'retry'), units: 0 }
          const wrong = deafness(world, store) ?? denied(batch)
          if (wrong) throw wrong
          // A batch of puts is refused whole for one of them, a batch of statements is not.
          const unfit = operation === 'put' && batch.find((item) => memory.refusalOf(item))
          if (unfit) throw memory.refusalOf(unfit)
          const allowed = pace.writes(batch.length)
          const results = await Promise.all(
            batch.map((item, i) => (i < allowed ? statement(operation, item) : ('retry' as const))),
          )
          if (!world.settings.budgeted) return { results }
          const units = sum(
            batch.filter((_, i) => results[i] !== 'retry'),
            writeUnits,
          )
          took('write', units)
          return { results, units }
        })
        report(sent.units)
        return sent.results
      }
      return { positions, send }
    })
    const unitsOf = (position: number) => (world.settings.budgeted ? writeUnits(items[position]!) : 1)
    return sendAll(
      items.length,
      calls,
      { alone: (position) => alone(operation, items[position]!), probe },
      ask,
      unitsOf,
    )
  }

  const alone = (operation: 'put' | 'insert', item: RawItem): Promise<WriteResult> => {
    watch.begins(sandbox)
    const took = world.capacity.sends(sandbox)
    const shape = { name: `${operation} one ${memory.name}`, ms: pace.requestMs, write: true, item: true }
    return sandbox.request(shape, async () => {
      if (throttles() || pace.writes(1) < 1) return 'retry'
      const refused = deafness(world, store) ?? denied([item]) ?? memory.refusalOf(item)
      if (refused) throw refused
      if (world.settings.budgeted) took('write', writeUnits(item))
      return statement(operation, item)
    })
  }

  const probe = () =>
    sandbox.request({ name: `probe ${memory.name}`, ms: pace.requestMs, write: false }, async () => {
      world.hit('path: probed')
      return !deafness(world, store)
    })

  const statement = async (operation: 'put' | 'insert', item: RawItem): Promise<WriteResult> => {
    if (isIn(store.throttledPart, world, item.key)) {
      world.hit('path: write of one partition throttled')
      return 'retry'
    }
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
    scan: (request) => {
      const took = world.capacity.sends(sandbox)
      return sandbox.request({ ...read('scan'), transferMs }, async () => {
        const page = await from(request).scan({ ...request, limit: Math.min(request.limit, pageItems) })
        return emptied(world, store, page, request.after) ?? readable('scan', page, took, request.consistent)
      })
    },
    query: (request) => {
      const took = world.capacity.sends(sandbox)
      return sandbox.request({ ...read('query'), transferMs }, async () => {
        const page = await from(request).query({ ...request, limit: Math.min(request.limit, pageItems) })
        const after = request.after && { pk: request.pk, sk: request.after }
        const empty = request.reverse ? undefined : emptied(world, store, page, after)
        return empty ?? readable('query', page, took, request.consistent)
      })
    },
    get: (keys) =>
      readAll(memory.name, keys, async (open) => {
        await ask?.()
        const get = async (report: Settle) => {
          const took = world.capacity.sends(sandbox)
          const answer = await sandbox.request(read('get', open.length), async () => {
            if (!pace.isReadable) throw failure('throttled', 'get')
            pace.haveRead(open.length)
            watch.got(sandbox, open)
            const left = world.strikes('unprocessed keys') ? world.further.whole(1, open.length) : 0
            const rest = open.slice(open.length - left)
            const items = await from({ consistent: consistent.get }).get(open.slice(0, open.length - left))
            const units = world.settings.budgeted
              ? sum(items, (item) => readUnits(bytesOf(item), true)) + (open.length - rest.length - items.length)
              : undefined
            if (units !== undefined) took('read', units)
            return { items, rest, units }
          })
          report(answer.units)
          return answer
        }
        return spending(ask, 'read', () => open.length, get)
      }),
    put: (items) => write('put', items),
    insert: (items) => write('insert', items),
  }
}

/** Told what a request takes. */
type Took = ReturnType<World['capacity']['sends']>

const bytesOf = (item: RawItem) => itemBytes(item.attributes())

/** Units by size, as the service counts them. A key without an item takes one, too. */
const writeUnits = (item: RawItem) => Math.max(1, Math.ceil(bytesOf(item) / 1_024))
const readUnits = (bytes: number, consistent: boolean) => Math.max(1, Math.ceil(bytes / 4_096)) * (consistent ? 1 : 0.5)

const sum = <T>(all: readonly T[], of: (each: T) => number) => all.reduce((total, each) => total + of(each), 0)
