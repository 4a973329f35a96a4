import { DynamoDbError } from '../../shared/dynamodb/errors.ts'
import type { Changed, LedgerTable, Page, Put, Row } from '../../shared/ledger/table.ts'

/** The ledger in memory. Every operation happens at once when it is called; it never fails: faults are decorators. */
export function memoryLedgerTable(): MemoryLedgerTable {
  return new MemoryLedgerTable()
}

export class MemoryLedgerTable implements LedgerTable {
  readonly #partitions = new Map<string, Map<string, Row>>()

  /** All rows, in no order of meaning: copies. */
  rows(): Row[] {
    return [...this.#partitions.values()].flatMap((rows) => [...rows.values()].map(copy))
  }

  async get(pk: string, sk: string): Promise<Row | undefined> {
    const row = this.#find(pk, sk)
    return row && copy(row)
  }

  async query(pk: string, prefix: string, { after, limit, changed }: Partial<Page> = {}): Promise<Row[]> {
    const all = [...(this.#partitions.get(pk)?.values() ?? [])]
    const rows = all.filter(
      (row) => row.sk.startsWith(prefix) && (!after || byBytes(row.sk, after) > 0) && (!changed || isNew(row, changed)),
    )
    return rows
      .sort((a, b) => byBytes(a.sk, b.sk))
      .slice(0, limit)
      .map(copy)
  }

  async commit(puts: Put[]): Promise<boolean> {
    return this.commitNow(puts)
  }

  /** For what has to be written in one instant with the ledger. */
  commitNow(puts: Put[]): boolean {
    const keys = new Set(puts.map(({ row }) => JSON.stringify([row.pk, row.sk])))
    if (puts.length > 100 || keys.size < puts.length)
      throw new DynamoDbError(
        'invalid-request',
        `Expected at most 100 rows of distinct keys in a commit, got ${puts.length} with ${keys.size} keys`,
      )
    if (!puts.every((put) => this.#holds(put))) return false
    for (const { row } of puts) {
      const rows = this.#partitions.get(row.pk) ?? new Map<string, Row>()
      this.#partitions.set(row.pk, rows.set(row.sk, copy(row)))
    }
    return true
  }

  /** Deletes the rows whose time has come, as the service does some day. */
  expire(now: number): void {
    for (const rows of this.#partitions.values())
      for (const [sk, { expiresAt }] of rows) if (expiresAt !== undefined && expiresAt * 1000 < now) rows.delete(sk)
  }

  #holds({ row: { pk, sk }, expect }: Put): boolean {
    const found = this.#find(pk, sk)
    if (expect === 'any') return true
    if (expect === 'absent') return found === undefined
    return Object.entries(expect).every(([attribute, value]) => found?.[attribute] === value)
  }

  #find(pk: string, sk: string): Row | undefined {
    return this.#partitions.get(pk)?.get(sk)
  }
}

function isNew({ updatedAt = -1, epoch = 0 }: Row, { newest, since }: Changed): boolean {
  return Number(updatedAt) > newest || (Number(epoch) > 0 && Number(updatedAt) >= since)
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

/** As stored and read again: an attribute that is `undefined` is gone. */
function copy(row: Row): Row {
  return JSON.parse(JSON.stringify(row)) as Row
}
