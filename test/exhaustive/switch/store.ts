import type { Switch } from '../../../shared/ledger/switch-row.ts'
import { switchKey } from '../../../shared/ledger/switch-row.ts'
import type { Put } from '../../../shared/ledger/table.ts'
import { committed, type Rows } from '../commit.ts'

/** The application has written alpha so far, and is switched to beta. */
export const tables = ['alpha', 'beta'] as const

/** A tick of the clock, ms: as long as live changes believe what they have read. */
export const tickMs = 5_000

/** Everything that is shared, as plain data that is never changed, only replaced. There is one item. */
export interface Store {
  /** In ticks. */
  now: number
  /** The table of the switch. */
  rows: Rows
  /** The stream of alpha: who changed the item, and in which tick. The first record has the number 1. */
  log: { by: string; at: number }[]
  /** Who wrote the item of beta last, and the newest record that was applied to it. */
  beta: { by: string; seq: number }
  /** What applications wrote into beta, in order. */
  own: string[]
  /** Writes of applications that follow the switch, once they have been told that they are done. */
  acknowledged: string[]
  /** Records that the live function has acknowledged, in order, and those that it has listed. */
  taken: number
  listed: number[]
  /** What a rollback says is lost, once there was one. */
  exported?: string[]
  /** Puts whose answer is lost, and that may still land. */
  puts: Put[][]
  /** The table whose index the aliases name, if there is one; requests that may still move them, each until a time, ms. */
  aliases?: string
  requests: { to: string; until: number }[]
  /** One has moved them away from the active table after the commit. */
  isAstray?: true
  /** How many answers may still be lost, and how often it may still be undone for no reason. */
  losses: number
  undos: number
}

export function emptyStore(row: Pick<Switch, 'table' | 'maxAgeSeconds' | 'writeSeconds' | 'aliasUntil'>): Store {
  const { pk, sk } = switchKey(tables)
  const stored = { generation: 1, tables: [...tables], mode: 'open', ...row, switchedAt: 0 }
  return {
    now: 0,
    rows: { [`${pk} ${sk}`]: { pk, sk, ...stored } },
    log: [],
    beta: { by: 'copy', seq: 0 },
    own: [],
    acknowledged: [],
    taken: 0,
    listed: [],
    puts: [],
    requests: [],
    losses: 0,
    undos: 0,
  }
}

export function switchIn({ rows }: Store): Switch {
  const { pk, sk } = switchKey(tables)
  return rows[`${pk} ${sk}`] as unknown as Switch
}

export const msOf = (store: Pick<Store, 'now'>) => store.now * tickMs

/** An application writes the item of a table. */
export function written(store: Store, table: string, by: string): Store {
  if (table === 'alpha') return { ...store, log: [...store.log, { by, at: store.now }] }
  return { ...store, beta: { ...store.beta, by }, own: [...store.own, by] }
}

/** A live change as it is applied: on condition that the head has no newer one. */
export function applied(store: Store, seq: number): Store {
  const { by } = store.log[seq - 1] as Store['log'][number]
  return taken(seq > store.beta.seq ? { ...store, beta: { by, seq } } : store, seq)
}

export function taken(store: Store, seq: number): Store {
  return { ...store, taken: Math.max(store.taken, seq) }
}

/** Every record up to a time is applied: what drain sees. */
export function isDrained({ log, beta }: Store, until: number): boolean {
  return log.every(({ at }, i) => at * tickMs > until || i < beta.seq)
}

/**
 * The rows after a commit; `undefined` if the switch is not as expected. Times that nothing but a page for people reads are left out, so
 * that states are fewer.
 */
export function commit(store: Store, puts: Put[]): Store | undefined {
  const timeless = puts.map(({ row: { closedAt: _c, switchedAt: _s, ...row }, expect }) => ({ row, expect }) as Put)
  const rows = committed(store.rows, timeless)
  return rows && { ...store, rows }
}

/** A request that moves the aliases lands. */
export function movedTo(store: Store, to: string): Store {
  const isAstray = to === 'alpha' && switchIn(store).table === 'beta'
  return { ...store, aliases: to, ...(isAstray && { isAstray }) }
}

/** What is wrong once all is done; `undefined` if G1 to G4 hold, and the switch can be used. */
export function wrong(store: Store): string | undefined {
  const { log, beta, own, acknowledged, listed, exported } = store
  const { mode, table, appliedUntil } = switchIn(store)
  const byOf = (seq: number) => log[seq - 1]?.by ?? 'copy'
  if (mode !== 'open') return 'the switch should be open'
  if (store.isAstray) return 'aliases should name the index of beta from the commit on'
  if (store.aliases !== undefined && store.aliases !== table) return `aliases should name the index of ${table}`
  const unknown = log.findIndex((_, i) => i + 1 > beta.seq && !listed.includes(i + 1))
  if (unknown >= 0) return `${byOf(unknown + 1)} should be applied or listed`
  const lost = acknowledged.find((by) =>
    table === 'beta' ? listed.some((seq) => byOf(seq) === by) : own.includes(by) && !exported?.includes(by),
  )
  if (lost) return `${lost} was acknowledged and should not be lost`
  if (table === 'alpha')
    return !exported && beta.by !== byOf(log.length) ? `beta should hold ${byOf(log.length)}` : undefined
  const holds = own.at(-1) ?? byOf(beta.seq)
  if (beta.by !== holds) return `beta should hold ${holds}, holds ${beta.by}`
  const last = log[beta.seq - 1]
  return last && last.at * tickMs > (appliedUntil ?? 0)
    ? `${last.by} came too late and should not be applied`
    : undefined
}
