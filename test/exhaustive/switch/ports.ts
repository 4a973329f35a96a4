import type { Switch } from '../../../shared/ledger/switch-row.ts'
import type { LedgerTable, Put } from '../../../shared/ledger/table.ts'
import type { Clock } from '../../../shared/runtime/ports.ts'
import { follow, type SwitchAttribute } from '../../../switch/follow.ts'
import type { Call } from '../unit.ts'
import { commit, msOf, type Store, switchIn, tables, written } from './store.ts'

/** Rules that can be left out, one at a time, to see that the check notices. */
export type Rule =
  | 'a step expects the generation that was read'
  | 'closing waits for writes that have begun'
  | 'a seal is known before its time comes'
  | 'live changes apply nothing later than the seal'
  | 'a change later than the seal is not acknowledged while the switch is closed'
  | 'nobody undoes after the commit'
  | 'an application counts by the wall clock, too'
  | 'an application abandons what takes too long'
  | 'live changes do not write into the active table'
  | 'repair does not write while the tables are switched, nor after'
  | 'whoever stops leaves the switch open'
  | 'aliases are checked once nothing can move them'
  | 'one at a time moves aliases'
  | 'a rollback lists what it loses once nothing can be written'

/** The answer of a port, and when it was given, ms. */
interface Answer<T> {
  at: number
  value: T
}

/** Thrown where an answer is lost: whoever waited for it is no more. */
export class Lost extends Error {}

/** The table of the switch, whose every access is one step. `clock` is as of the last answer. */
export function switchesOf(call: Call<Store>, without: Rule | undefined): { switches: LedgerTable; clock: Clock } {
  let now = 0
  const ask = async <T>(effect: (store: Store) => [Store, T][]): Promise<T> => {
    const { at, value } = await call<Answer<T>>((store) =>
      effect(store).map(([after, value]) => [after, { at: msOf(store), value }]),
    )
    now = at
    return value
  }
  const switches: LedgerTable = {
    get: (pk, sk) => ask((store) => [[store, store.rows[`${pk} ${sk}`]]]),
    query: () => Promise.reject(new Error('No list of switches is read')),
    async commit(puts) {
      const result = await ask<boolean | 'lost'>((store): [Store, boolean | 'lost'][] => {
        const asked = puts.map((put) => bent(put, store, without))
        const after = commit(store, asked)
        const answered: [Store, boolean | 'lost'] = [after ?? store, after !== undefined]
        if (store.losses === 0) return [answered]
        const losses = store.losses - 1
        const flying = { ...store, losses, puts: [...store.puts, asked] }
        return [answered, [{ ...(after ?? store), losses }, 'lost'], [flying, 'lost']]
      })
      if (result === 'lost') throw new Lost()
      return result
    },
  }
  return { switches, clock: () => now }
}

/** A put as it would be with a rule left out. */
function bent({ row, expect }: Put, store: Store, without: Rule | undefined): Put {
  if (without === 'a step expects the generation that was read') return { row, expect: 'any' }
  const isEager =
    without === 'closing waits for writes that have begun' ||
    (without === 'a rollback lists what it loses once nothing can be written' && row.task === 'rollback')
  return isEager && row.until !== undefined ? { row: { ...row, until: msOf(store) }, expect } : { row, expect }
}

/** An application on the real helper, in a process whose monotonic clock stands still, as in a frozen Lambda. */
export function application(call: Call<Store>, without: Rule | undefined) {
  const stands = without === 'an application counts by the wall clock, too'
  let wall = 0
  const now = () => ({ wall: stands ? 0 : wall, monotonic: 0 })
  /** A look at the clock is one step, too: time may pass before it. */
  async function sleep(joined?: 'joined'): Promise<void> {
    wall = await call<number>((store) => [[store, msOf(store)]], joined)
  }
  const client = {
    async getItem() {
      const { row, at } = await call<{ row: Switch; at: number }>((store) => [
        [store, { row: switchIn(store), at: msOf(store) }],
      ])
      wall = at
      return { Item: attributes(row) }
    },
  }
  const options = { client, switchTable: 'switches', tables }
  const { active, write } = follow(options, { now, after: () => () => {} }, () => undefined)
  return {
    sleep,
    /** Reads the switch. */
    async read(): Promise<void> {
      await active().catch(() => {})
    },
    /** Writes, and counts the write as done if the helper says so. */
    async write(by: string): Promise<void> {
      const isDone = await write(async ({ table }) => {
        const at = await call<number>((store) => [[written(store, table, by), msOf(store)]], 'joined')
        if (without !== 'an application abandons what takes too long') wall = at
        return true
      }).catch(() => false)
      if (isDone) await call((store) => [[{ ...store, acknowledged: [...store.acknowledged, by] }, 0]])
    },
  }
}

function attributes(row: Switch): Record<string, SwitchAttribute> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === 'number' ? { N: `${value}` } : { S: value }]),
  )
}
