import type { LedgerTable, Put, Row } from '../../../shared/ledger/table.ts'
import { memoryLedgerTable } from '../../memory/ledger-table.ts'
import { failure, type Sandbox } from '../lambda/sandbox.ts'
import type { World } from '../world.ts'

/** The ledger of one world. `onCommit` sees every commit that took effect, whoever made it. */
export class LedgerStore {
  readonly memory = memoryLedgerTable()
  onCommit: (puts: Put[], by: string) => void = () => {}

  async commit(puts: Put[], by: string): Promise<boolean> {
    const committed = await this.memory.commit(puts)
    if (committed) this.onCommit(puts, by)
    return committed
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

/** Of queries that find nothing. */
const instantShare = 0.95

/** The ledger as the code in one environment reaches it. */
export function ledgerIn(world: World, sandbox: Sandbox, store: LedgerStore): LedgerTable {
  const shape = (name: string, write: boolean) => ({
    name: `${name} ledger`,
    ms: world.settings.requestMs * world.dice.between(0.7, 1.5),
    write,
  })
  return {
    get: (pk, sk) => sandbox.request(shape('get', false), () => store.memory.get(pk, sk)),
    async query(pk, prefix, page) {
      const rows = await store.memory.query(pk, prefix, page)
      // Hundreds of partitions are empty. Most looks at them answer at once: half of all requests for nothing otherwise.
      if (rows.length === 0 && !sandbox.dead && world.dice.chance(instantShare)) return rows
      return sandbox.request(shape('query', false), () => store.memory.query(pk, prefix, page))
    },
    commit: (puts) => {
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
