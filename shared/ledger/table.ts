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
 * A whole row to store, with a condition on the row it replaces: none (`any`), no such row (`absent`), or named
 * attributes with these values (`undefined`: the attribute is absent).
 */
export interface Put {
  row: Row
  expect: 'any' | 'absent' | { [attribute: string]: string | number | boolean | undefined }
}

/** At most `limit` rows after the sort key `after`; `''` is before the first. */
export interface Page {
  after: string
  limit: number
  /** @default all */
  changed?: Changed
}

/**
 * Only rows that are new: those with an `updatedAt` above `newest`, and those that were written again after they were made (`epoch`
 * above 0), with an `updatedAt` of at least `since`. Both are ms since the epoch.
 */
export interface Changed {
  newest: number
  since: number
}

/**
 * The ledger as the engine uses it: reads are strongly consistent; writes are whole rows, compared and set, several of
 * them in one transaction. The ledger needs no more, so an implementation must prove no more.
 */
export interface LedgerTable {
  get(pk: string, sk: string): Promise<Row | undefined>
  /** The rows of `pk` whose sk starts with `prefix`, in sk order: all of them, or one page. */
  query(pk: string, prefix: string, page?: Page): Promise<Row[]>
  /**
   * Stores all of `puts` or none; at most 100, of distinct keys. Returns `false` when a condition did not hold. The
   * caller resolves a lost response: every put of the ledger can be recognized when read again.
   */
  commit(puts: Put[]): Promise<boolean>
}
