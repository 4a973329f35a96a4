import type { LedgerTable, Put, Row } from '../../../shared/ledger/table.ts'
import { memoryLedgerTable } from '../../memory/ledger-table.ts'
import { failure, type Sandbox } from '../lambda/sandbox.ts'
import type { World } from '../world.ts'
import { consistent } from './consistency.ts'
import { drawLag, staleShare } from './replica.ts'

/** How often rows are deleted whose time has come. */
const sweepMs = 600_000

/** The ledger of one world. `onCommit` sees every commit that took effect, whoever made it. */
export class LedgerStore {
  readonly memory = memoryLedgerTable()
  onCommit: (puts: Put[], by: string) => void = () => {}
  /** Sees every commit of a function when it is sent. */
  #nextSweep = 0
  readonly #clock: () => number
  readonly #before = new Map<string, { row: Row | undefined; until: number }>()
  onSend: (puts: Put[], by: Sandbox) => void = () => {}

  constructor(clock: () => number) {
    this.#clock = clock
  }

  async commit(puts: Put[], by: string): Promise<boolean> {
    this.#expire()
    const committed = await this.memory.commit(puts)
    if (committed) this.onCommit(puts, by)
    return committed
  }

  #expire(): void {
    const now = this.#clock()
    if (now < this.#nextSweep) return
    this.#nextSweep = now + sweepMs
    this.memory.expire(now)
  }

  /** What a read without strong consistency may see of a row. */
  async getAny(pk: string, sk: string, world: World): Promise<Row | undefined> {
    const before = this.#before.get(`${pk} ${sk}`)
    if (!before || world.now >= before.until || !world.further.chance(staleShare)) return this.memory.get(pk, sk)
    return before.row
  }

  /** From now on, remembers what each row was before, for as long as reads may be stale. */
  remember(world: World): void {
    const commitNow = this.memory.commitNow.bind(this.memory)
    const rows = new Map<string, Row>()
    this.memory.commitNow = (puts) => {
      if (!commitNow(puts)) return false
      for (const { row } of puts) {
        const name = `${row.pk} ${row.sk}`
        this.#before.set(name, { row: rows.get(name), until: world.now + drawLag(world.further) })
        rows.set(name, structuredClone(row))
      }
      return true
    }
  }

  /** As an operator's terminal reaches it: at once. */
  asOperator(): LedgerTable {
    return {
      get: (pk, sk) => this.memory.get(pk, sk),
      query: (pk, prefix, page) => this.memory.query(pk, prefix, page),
      commit: (puts) => this.commit(puts, 'operator'),
    }
  }
}

/** Of signs of life. */
const lostBeats = 0.05

/** Of queries that find nothing. */
const instantShare = 0.95

/** The ledger as the code in one environment reaches it. */
export function ledgerIn(world: World, sandbox: Sandbox, store: LedgerStore): LedgerTable {
  const shape = (name: string, write: boolean) => ({
    name: `${name} ledger`,
    ms: world.settings.requestMs * world.dice.between(0.7, 1.5),
    write,
  })
  /** At once, or lost: a sign of life that took its time would change what happens next in every seed. */
  const beat = async (puts: Put[]) => {
    if (sandbox.dead || world.watching.chance(lostBeats)) return false
    return store.commit(puts, sandbox.name)
  }
  return {
    get: (pk, sk) =>
      sandbox.request(shape('get', false), () =>
        consistent.ledger ? store.memory.get(pk, sk) : store.getAny(pk, sk, world),
      ),
    async query(pk, prefix, page) {
      const rows = await store.memory.query(pk, prefix, page)
      // Hundreds of partitions are empty. Most looks at them answer at once: half of all requests for nothing otherwise.
      if (rows.length === 0 && !sandbox.dead && world.dice.chance(instantShare)) return rows
      return sandbox.request(shape('query', false), () => store.memory.query(pk, prefix, page))
    },
    commit: (puts) => {
      if (puts.every(({ row }) => row.sk === 'BEAT')) return beat(puts)
      store.onSend(puts, sandbox)
      const commit = shape('commit', true)
      return sandbox.request(commit, async () => {
        if (world.strikes('conflict')) throw failure('conflict', commit.name)
        const committed = await store.commit(puts, sandbox.name)
        for (const { row } of puts) tell(world, sandbox, row, committed)
        return committed
      })
    },
  }
}

/** What is written about an item of the story: a mark on its head, or its quarantine entry. */
function tell({ story }: World, sandbox: Sandbox, { pk, sk: _, expiresAt: __, key, ...row }: Row, committed: boolean) {
  if (story.isAbout(String(key)))
    story.tell(sandbox.name, `row ${pk.split('#')[0]} ${key} ${JSON.stringify(row)}: ${committed}`)
}
