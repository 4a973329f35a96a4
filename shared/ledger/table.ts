/** What a ledger attribute can hold: plain JSON. */
export type LedgerValue = string | number | boolean | null | LedgerValue[] | { [name: string]: LedgerValue }

/** One ledger row. `pk` and `sk` are its key; `expiresAt` (epoch seconds), where present, is the table's TTL attribute. */
export interface Row {
  pk: string
  sk: string
  expiresAt?: number
  [attribute: string]: LedgerValue | undefined
}

/**
 * A whole row to store, and what must hold of the row it replaces: nothing (`any`), that there is none (`absent`), or
 * that the named attributes are equal to these (an `undefined` value: that the attribute is absent).
 */
export interface Put {
  row: Row
  expect: 'any' | 'absent' | { [attribute: string]: string | number | boolean | undefined }
}

/** At most `limit` rows, from behind the sort key `after` on; `''` is before the first. */
export interface Page {
  after: string
  limit: number
}

/**
 * The table that remembers, as the engine uses it: reads are strongly consistent, writes are whole rows compared and
 * set, several of them in one transaction. That is all the ledger needs, so that is all an implementation must prove.
 */
export interface LedgerTable {
  get(pk: string, sk: string): Promise<Row | undefined>
  /** The rows of `pk` whose sk starts with `prefix`, in sk order: all of them, or the page that is asked for. */
  query(pk: string, prefix: string, page?: Page): Promise<Row[]>
  /**
   * Stores all of `puts` or none; at most 100, of distinct keys. `false` when an expectation did not hold. A lost
   * answer is resolved by the caller: every put of the ledger can be recognised when read again.
   */
  commit(puts: Put[]): Promise<boolean>
}
