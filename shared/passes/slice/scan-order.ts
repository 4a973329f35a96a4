import { ascends } from '../../chunks/order.ts'
import type { Key } from '../../dynamodb/key.ts'
import type { ChunkRecord } from '../../ledger/chunks.ts'
import { kindOf, passes } from '../../ledger/passes.ts'
import { getRun, type RunRecord, updateRun } from '../../ledger/runs.ts'
import type { LedgerTable } from '../../ledger/table.ts'
import type { Runtime } from '../../runtime/ports.ts'

/**
 * Whether sort keys ascend within a partition key in scans of the table that a pass walks. Splitting a key rests on
 * that, and DynamoDB documents it of a Query only. Once a slice has seen otherwise, the run says so, and nobody splits.
 */
export class ScanOrder {
  readonly #run: string
  readonly #record: ChunkRecord
  readonly #engine: { ledger: LedgerTable; runtime: Pick<Runtime, 'emit'> }
  readonly #table: 'source' | 'destination'
  /** The key read last, or where the slice began. */
  #last: Key | undefined
  #isBroken: boolean

  constructor(
    { id, unordered = [] }: RunRecord,
    record: ChunkRecord,
    engine: { ledger: LedgerTable; runtime: Pick<Runtime, 'emit'> },
  ) {
    this.#run = id
    this.#record = record
    this.#engine = engine
    this.#table = passes[kindOf(record.pass)].table
    this.#last = record.cursor
    this.#isBroken = unordered.includes(this.#table)
  }

  /** Whether keys are split, as far as this slice knows. */
  get maySplit(): boolean {
    return !this.#isBroken
  }

  /** Looks at the keys of the page just read, and records it where they are out of order. Ranges are read by Query. */
  async see(keys: Key[]): Promise<void> {
    if (keys.length === 0 || this.#record.chunk.kind === 'range') return
    const isOrdered = ascends(this.#last ? [this.#last, ...keys] : keys)
    this.#last = keys.at(-1)
    if (isOrdered || this.#isBroken) return
    this.#isBroken = true
    const { ledger, runtime } = this.#engine
    runtime.emit({ code: 'table.unordered', run: this.#run, chunk: this.#record.id, table: this.#table })
    await updateRun(ledger, this.#run, ({ unordered = [], ...before }) => ({
      ...before,
      unordered: [...new Set([...unordered, this.#table])],
    }))
  }

  /** The same, asked of the ledger before a split: another slice may have noticed it. */
  async maySplitNow(): Promise<boolean> {
    const { unordered = [] } = await getRun(this.#engine.ledger, this.#run)
    this.#isBroken ||= unordered.includes(this.#table)
    return !this.#isBroken
  }
}
