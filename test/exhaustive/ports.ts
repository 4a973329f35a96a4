import { encodeKey } from '../../shared/dynamodb/key.ts'
import { type RawItem, rawItem } from '../../shared/dynamodb/raw-item.ts'
import type { LedgerTable, Put, Row } from '../../shared/ledger/table.ts'
import type { LiveEngine } from '../../shared/live/engine.ts'
import { change, commit, migration, type Store, schema } from './store.ts'
import type { Call } from './unit.ts'

/** Rules that can be left out, one at a time, to see that the check notices. */
export type Rule =
  | 'copy inserts only'
  | 'heads are kept'
  | 'settle runs'
  | 'settle is conditional'
  | 'contested heads are marked'
  | 'numbers of different items are not compared'
  | 'old images are read'
  | 'appliers settle in place'
  | 'quiet is read after the mark'
  | 'quiet waits for copy'
  | 'every quiet period has its name'
  | 'deletes are settled'
  | 'cured items are rechecked'
  | 'quarantine entries are inserted only'
  | 'verify reads the item again'
  | 'verify expects the entry that it read'

export interface Caller {
  settles?: boolean
  /** Encoded source key of an applier. */
  source?: string
  /** The quiet period it last knew of. */
  stale?: string | undefined
  /** No item of the scenario is ever unfit, so the quarantine list says the same whenever it is read. */
  neverListed?: boolean
}

/** As it would be stored: rows are compared as JSON, and have no attribute without a value. */
function withQuiet({ quiet: _, ...row }: Row, quiet: string | undefined): Row {
  return (quiet === undefined ? row : { ...row, quiet }) as Row
}

/** The real engine over a store whose every access is one step. `actor` is who calls. */
export function liveEngine(call: Call<Store>, without: Rule | undefined, actor: Caller): LiveEngine {
  const get = (store: Store, pk: string, sk: string): Row | undefined => {
    const row = store.rows[`${pk} ${sk}`]
    if (!row) return undefined
    if (sk === 'CONTROL' && !actor.settles && without === 'appliers settle in place') return withQuiet(row, undefined)
    if (sk === 'CONTROL' && !actor.settles && without === 'quiet is read after the mark')
      return withQuiet(row, actor.stale)
    if (pk.startsWith('HEAD#') && actor.settles && without === 'deletes are settled' && !row.contested) return undefined
    if (
      pk.startsWith('HEAD#') &&
      without === 'numbers of different items are not compared' &&
      actor.source &&
      !row.contested
    ) {
      const [seq] = Object.values(row.sources as Record<string, string>)
      return { ...row, sources: { [actor.source]: seq as string } }
    }
    return row
  }
  const ledger: LedgerTable = {
    get: (pk, sk) => {
      const joined = actor.neverListed && pk.startsWith('QUARANTINE#') ? 'joined' : undefined
      return call((store) => [[store, get(store, pk, sk)]], joined)
    },
    query: () => Promise.reject(new Error('Expected no query')),
    commit: (puts) =>
      call((store) => {
        const next = commit(store, puts)
        return [[next ?? store, next !== undefined]]
      }),
  }
  return {
    run: 'r',
    schema,
    migrations: [migration],
    source: {
      get: (keys) =>
        call<RawItem[]>((store) => {
          const images = keys.map((key) => store.source[encodeKey(key)]).filter((image) => image !== undefined)
          // With the image in sight: answers are compared as JSON.
          return [[store, images.map((image) => ({ ...rawItem(schema, image), image }))]]
        }),
    },
    tables: {
      commit: (writes) =>
        call((store) => {
          const changed = (from: Store) =>
            writes.reduce((next, { change: wanted }) => (wanted ? change(next, wanted) : next), from)
          if (without === 'heads are kept') return [[changed(store), true]]
          if (without === 'contested heads are marked' && writes.every((each) => !each.change)) return [[store, true]]
          const blind = without === 'settle is conditional' && actor.settles
          const rows = writes.map(({ row }): Put => (blind ? { ...row, expect: 'any' } : row))
          const next = commit(store, rows)
          return next ? [[changed(next), true]] : [[store, false]]
        }),
    },
    ledger,
    runtime: { clock: () => 0, random: () => 0, sleep: () => Promise.resolve(), emit: () => {} },
  }
}
