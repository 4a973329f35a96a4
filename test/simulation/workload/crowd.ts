import { encodeKey, type Key } from '../../../shared/dynamodb/key.ts'
import { pageRows } from '../../../shared/ledger/pages.ts'
import type { Row } from '../../../shared/ledger/table.ts'
import { Dice } from '../dice.ts'
import type { LedgerStore } from '../stores/ledger.ts'
import type { World } from '../world.ts'

/**
 * Rows that need no work, in front of those that do: lists of the ledger become longer than one page, as they are where
 * millions of items are migrated. Each goes before a row that somebody must find, so that it lies on the next page.
 */
export class Crowd {
  readonly #world: World
  readonly #dice: Dice
  readonly #ledger: LedgerStore
  readonly #comes: boolean

  constructor(world: World, ledger: LedgerStore) {
    this.#world = world
    this.#ledger = ledger
    this.#dice = new Dice(world.request.seed, 'crowd')
    this.#comes = this.#dice.chance(0.12)
  }

  /** Before settling: among heads, and on the quarantine list. */
  beforeSettling(run: string): void {
    this.#fill(`HEAD#${run}#`, ({ op, contested }) => op === 'delete' || contested === true, {
      op: 'put',
      sources: {},
      contested: false,
      version: 1,
    })
    const cleared = { migration: 'none', reason: 'none', at: this.#world.now, cleared: true }
    this.#fill(`QUARANTINE#${run}#`, (row) => !row.cleared, cleared)
  }

  /** Before repairing: differences of pages that were verified again. */
  beforeRepair(run: string, verification: number): void {
    this.#fill(
      `DIFF#${run}#${verification}#`,
      () => true,
      ({ pass, chunk }) => ({
        ...{ kind: 'missing', sources: [], attributes: [], at: this.#world.now },
        ...{ pass: pass!, chunk: chunk!, epoch: 0, before: Number.MAX_SAFE_INTEGER },
      }),
    )
  }

  #fill(prefix: string, matters: (row: Row) => boolean, filler: Partial<Row> | ((row: Row) => Partial<Row>)): void {
    if (!this.#comes) return
    const rows = this.#ledger.memory.rows().filter((row) => row.pk.startsWith(prefix) && matters(row))
    if (rows.length === 0) return
    const row = this.#dice.pick(rows)
    const more = typeof filler === 'function' ? filler(row) : filler
    const count = pageRows + this.#dice.pick([-1, 0, 1, pageRows])
    for (let i = 0; i < count; i++) {
      const key = encodeKey(nobodysKey(i))
      // Every row of these lists has a hash for its sort key.
      this.#ledger.memory.commitNow([
        { row: { pk: row.pk, sk: `!${String(i).padStart(5, '0')}`, key, ...more }, expect: 'any' },
      ])
    }
    this.#world.hit('path: second page of a list')
  }
}

const nobodysKey = (i: number): Key => ({ pk: { S: `nobody${i}` }, sk: { S: 'nobody' } })
