import type { Attributes } from '../../shared/dynamodb/attributes.ts'
import { encodeKey } from '../../shared/dynamodb/key.ts'
import type { Table } from '../../shared/dynamodb/ports.ts'
import { type RawItem, rawItem } from '../../shared/dynamodb/raw-item.ts'
import type { Put } from '../../shared/ledger/table.ts'
import { applyRecord } from '../../shared/live/apply.ts'
import { coalesce } from '../../shared/live/changes.ts'
import { listQuarantinedByPass, recheckQuarantined } from '../../shared/live/quarantine.ts'
import { settleHead } from '../../shared/live/settle.ts'
import { copyPass } from '../../shared/passes/copy.ts'
import { type Actor, type Explored, explore } from './explore.ts'
import { liveEngine, type Rule } from './ports.ts'
import { change, commit, emptyStore, key, type Store, schema, versions, type Write, write, wrong } from './store.ts'
import type { Call, Unit } from './unit.ts'

export interface Scenario {
  /** What is in the source before capture begins; there are no records of it. */
  first: Write[]
  /** The application makes so many writes, each any of these. */
  writes: number
  any: Write[]
  /** Destination keys that can be made. */
  targets: string[]
  /** Source items that a page of copy holds. @default those of `first` */
  copied?: string[]
  /** How many times an applier may be taken for dead. @default 1 */
  forks?: number
  /** Records are delivered one by one and, of one item, several at once. @default one by one */
  batches?: boolean
  /** After settling, copy is entered once more for the first source item, and settled again. */
  again?: boolean
  /** Once quiet, verify meets the first source item, on a page as old as one likes. */
  verifies?: boolean
}

/** Explores a scenario, whole or with one rule left out. */
export function explored(scenario: Scenario, without?: Rule): Promise<Explored> {
  const names = [...new Set([...scenario.first, ...scenario.any].map(({ source }) => source))]
  const pages = scenario.copied ?? scenario.first.map(({ source }) => source)
  const start = scenario.first.reduce((store, first, i) => write(store, first, i, true) as Store, emptyStore())
  const actors: Actor<Store>[] = [
    writer(scenario),
    ...pages.map((name) => copier(`copy ${name}`, name, without)),
    ...names.map((name) => applier(name, scenario, without)),
  ]
  if (scenario.again)
    actors.push({ ...copier('copy again', names[0] as string, without), may: ({ store }) => store.quiets.length > 2 })
  if (scenario.verifies)
    actors.push({ ...verifier(names[0] as string, without), may: ({ store }) => store.quiets.length > 1 })
  if (without !== 'settle runs') actors.push(settler(scenario, names, pages, without))
  return explore(start, actors, scenario.forks ?? 1, wrong)
}

function writer({ writes, any }: Scenario): Actor<Store> {
  return {
    name: 'application',
    unit: (index) =>
      index === writes
        ? 'end'
        : (call) =>
            call((store) => [
              [store, 0],
              ...any.flatMap((each) => write(store, each, index + 10) ?? []).map((next): [Store, unknown] => [next, 0]),
            ]),
  }
}

/** One page of one item, which may be as old as one likes: read, then inserted by the real copy. */
function copier(name: string, source: string, without: Rule | undefined): Actor<Store> {
  return once(name, async (call) => {
    const image = await call<Attributes | undefined>(
      (store) => versions(store, source).map((version) => [store, version]),
      'joined',
    )
    if (!image) return
    const live = liveEngine(call, without, {})
    const { ledger } = live
    const overwriting = {
      ...ledger,
      commit: (puts: Put[]) => call<boolean>((store) => [[commit(store, puts.map(unconditional)) ?? store, true]]),
    }
    const destination = inserting(call, without === 'copy inserts only')
    await copyPass({
      ...live,
      destination,
      ledger: without === 'quarantine entries are inserted only' ? overwriting : ledger,
      offline: false,
    }).apply([rawItem(schema, image)], { pass: 'copy', chunk: 's00000', epoch: 1, before: 0 })
  })
}

/** Verify, of an item that could not be migrated by what its page says. */
function verifier(name: string, without: Rule | undefined): Actor<Store> {
  return once('verify', async (call) => {
    const live = liveEngine(call, without, {})
    const commit = (puts: Put[]) => live.ledger.commit(puts.map(unconditional))
    const ledger = without === 'verify expects the entry that it read' ? { ...live.ledger, commit } : live.ledger
    const get = () =>
      call<RawItem[]>((store) =>
        versions(store, name).map((image) => [store, image ? [{ ...rawItem(schema, image), image }] : []]),
      )
    const source = without === 'verify reads the item again' ? { get } : live.source
    await listQuarantinedByPass(key(name), { ...live, ledger, source })
  })
}

const unconditional = (put: Put): Put => ({ ...put, expect: 'any' })

function inserting(call: Call<Store>, overwrites: boolean): Table {
  const insert = ([item]: RawItem[]) => {
    if (!item) return Promise.resolve([])
    return call<('written' | 'present')[]>((store) =>
      store.destination[encodeKey(item.key)] && !overwrites
        ? [[store, ['present']]]
        : [[change(store, { put: item }), ['written']]],
    )
  }
  const no = () => Promise.reject(new Error('Expected copy to insert'))
  return { name: 'destination', schema, scan: no, query: no, get: no, put: insert, insert }
}

/** The records of one source item, in order; what it knows of quiet may be as old as one likes. */
function applier(source: string, { batches, any }: Scenario, without: Rule | undefined): Actor<Store> {
  const id = encodeKey(key(source))
  return {
    name: `apply ${source}`,
    mayFork: true,
    unit(index, store) {
      const records = (store.log[id] ?? []).slice(index)
      if (records.length === 0) return 'end'
      return async (call) => {
        const most = batches ? records.length : 1
        const many = await call<number>(
          (store) => Array.from({ length: most }, (_, i): [Store, number] => [store, i + 1]),
          'joined',
        )
        const stale = await call<string | undefined>(
          (store) => [...new Set(store.quiets)].map((quiet) => [store, quiet]),
          'joined',
        )
        const neverListed = !any.some(({ to }) => to === 'poison')
        const engine = liveEngine(call, without, { source: id, stale, neverListed })
        const batch = records
          .slice(0, many)
          .map(({ old, ...rest }) => (without === 'old images are read' || !old ? rest : { ...rest, old }))
        for (const { record, changes } of coalesce(batch, engine)) await applyRecord(record, engine, stale, changes)
      }
    },
  }
}

/** Quiet, then every head, then the quarantine list; with `again`, quiet ends, and all of it once more after the second copy. */
function settler(
  { targets, again, any }: Scenario,
  names: string[],
  pages: string[],
  without: Rule | undefined,
): Actor<Store> {
  const mayBeListed = without !== 'cured items are rechecked' && any.some(({ to }) => to === 'poison')
  const period = (name: string): Unit<Store>[] => [
    quietly(name),
    ...targets.map(
      (target): Unit<Store> =>
        async (call) =>
          void (await settleHead(key(target), name, liveEngine(call, without, { settles: true }))),
    ),
    ...(mayBeListed ? names : []).map(
      (each): Unit<Store> =>
        (call) =>
          recheckQuarantined(key(each), liveEngine(call, without, { settles: true })),
    ),
  ]
  const second = without === 'every quiet period has its name' ? 'first' : 'second'
  const units = [...period('first'), ...(again ? [quietly(undefined), ...period(second)] : [])]
  const halfway = period('first').length + 1
  return {
    name: 'settle',
    unit: (index) => units[index] ?? 'end',
    may({ at }) {
      if (without === 'quiet waits for copy') return true
      const ended = (actor: string) => at[actor]?.unit === 1
      return pages.every((name) => ended(`copy ${name}`)) && (at.settle?.unit !== halfway || ended('copy again'))
    },
  }
}

function quietly(quiet: string | undefined): Unit<Store> {
  return (call) =>
    call((store) => {
      const control = { pk: 'RUN#r', sk: 'CONTROL', command: 'run', fence: 1, ...(quiet !== undefined && { quiet }) }
      return [[{ ...store, rows: { ...store.rows, 'RUN#r CONTROL': control }, quiets: [...store.quiets, quiet] }, 0]]
    })
}

function once(name: string, unit: Unit<Store>): Actor<Store> {
  return { name, unit: (index) => (index === 0 ? unit : 'end') }
}
