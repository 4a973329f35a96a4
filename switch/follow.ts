import { type Mode, switchKey } from '../shared/ledger/switch-row.ts'
import { SwitchError } from './errors.ts'
import { type Moment, passedMs, type Time, within } from './time.ts'

/** What the switch is read with. A `DynamoDB` client of the SDK is one. */
export interface SwitchClient {
  getItem(
    input: { TableName: string; Key: Record<string, { S: string }>; ConsistentRead: true },
    options: { abortSignal: AbortSignal },
  ): PromiseLike<{ Item?: Record<string, SwitchAttribute> | undefined }>
}

/** An attribute value as DynamoDB spells it. */
export interface SwitchAttribute {
  readonly S?: string | undefined
  readonly N?: string | undefined
}

export interface SwitchOptions {
  /**
   * The application's own client: `new DynamoDB({})`, or, of a `DynamoDBClient`,
   * `{ getItem: (input, options) => client.send(new GetItemCommand(input), options) }`.
   */
  client: SwitchClient
  /** Name of the table that the switch is in: the output `SwitchTable` of the stack. */
  switchTable: string
  /** Names of the two tables, in any order. */
  tables: readonly [string, string]
}

/** What a write is given. */
export interface Write {
  /** Name of the table to write. */
  table: string
  /** Aborted once the write has taken too long. Pass it to each call: `client.send(command, { abortSignal: signal })`. */
  signal: AbortSignal
}

/** The active table, and whether writes may begin. */
export interface ActiveTable {
  table: string
  isOpen: boolean
}

/** See {@link followSwitch}. */
export interface FollowedSwitch {
  /**
   * Runs one write: calls `work` while the switch is open, and lets it take `writeSeconds` of the row at most.
   * @param work writes into `table` and waits until that is done. All its calls count as one write.
   * @returns what `work` returns; then the write is safe, whichever table is the active one afterwards.
   * @throws SwitchError `switch-closed`, `write-abandoned` and the others; whatever `work` throws.
   */
  write<T>(work: (write: Write) => Promise<T>): Promise<T>
  /**
   * The table to read, and whether writes may begin, for a page that says so. It may be old by as much as the row allows
   * (10 s): a read on which a write depends belongs into `write`.
   * @throws SwitchError
   */
  active(): Promise<ActiveTable>
}

/** What was read, and when reading it began. */
interface Copy {
  table: string
  mode: Mode
  maxAgeMs: number
  writeMs: number
  read: Moment
}

/** A read may take so long before anything is known of the switch, ms. */
const firstReadMs = 10_000
/** While the switch is closed it is read again after so long, ms, so that writes continue soon after it opens. */
const closedMs = 1_000
/** Reads in a row that took so long that what they returned was old already. */
const slowReads = 3

/** {@link followSwitch} with clocks of its own. @param invocation names the Lambda invocation, where there is one. */
export function follow(
  { client, switchTable, tables }: SwitchOptions,
  time: Time,
  invocation: () => string | undefined,
): FollowedSwitch {
  const began = invocation()
  let copy: Copy | undefined
  let reading: Promise<Copy> | undefined

  /** What is known of the switch. If it is open, that was fresh a moment ago. */
  async function recent(): Promise<Copy> {
    for (let reads = 0; reads < slowReads; reads++) {
      if (copy && isFresh(copy)) return copy
      reading ??= read().finally(() => {
        reading = undefined
      })
      copy = await reading
      if (copy.mode === 'closed' || isFresh(copy)) return copy
    }
    throw new SwitchError('switch-unreadable', `${place()} took too long to read, ${slowReads} times in a row.`)
  }

  function isFresh({ mode, maxAgeMs, read }: Copy): boolean {
    return passedMs(read, time) < (mode === 'open' ? maxAgeMs : closedMs)
  }

  async function read(): Promise<Copy> {
    const from = time.now()
    const get = async (abortSignal: AbortSignal) =>
      client.getItem({ TableName: switchTable, Key: keyOf(tables), ConsistentRead: true }, { abortSignal })
    const answer = await within(copy?.maxAgeMs ?? firstReadMs, time, get).catch((cause: unknown) => {
      throw new SwitchError('switch-unreadable', `${place()} could not be read: ${(cause as Error).message}`, { cause })
    })
    if (answer === 'late') throw new SwitchError('switch-unreadable', `${place()} could not be read in time.`)
    if (!answer.value.Item) throw new SwitchError('switch-not-found', `${place()} does not exist.`)
    return { ...copyOf(answer.value.Item), read: from }
  }

  function copyOf({ table, mode, maxAgeSeconds, writeSeconds }: Record<string, SwitchAttribute>): Omit<Copy, 'read'> {
    const [maxAgeMs, writeMs] = [maxAgeSeconds, writeSeconds].map((value) => Number(value?.N) * 1000) as [
      number,
      number,
    ]
    if (table?.S === undefined || !(maxAgeMs > 0) || !(writeMs > 0))
      throw new SwitchError('switch-unreadable', `${place()} is not as Segue writes it.`)
    if (!tables.includes(table.S))
      throw new SwitchError('switch-unknown-table', `${place()} names ${table.S}, not ${tables.join(' or ')}.`)
    // Any other word is of a later version, and does not say that writes may begin.
    return { table: table.S, mode: mode?.S === 'open' ? 'open' : 'closed', maxAgeMs, writeMs }
  }

  function place(): string {
    return `The row ${switchKey(tables).pk} of the table ${switchTable}`
  }

  function refuseOutlived(): void {
    if (invocation() === began) return
    throw new SwitchError('switch-outlived', 'This switch was followed in another invocation than this one.')
  }

  async function write<T>(work: (write: Write) => Promise<T>): Promise<T> {
    for (;;) {
      const known = await recent()
      refuseOutlived()
      const { table, mode, writeMs } = known
      if (mode === 'closed')
        throw new SwitchError('switch-closed', `${tables.join(' and ')} are being switched; no write may begin.`)
      // From here on nothing waits until the write begins.
      if (!isFresh(known)) continue
      const begun = time.now()
      const result = await within(writeMs, time, (signal) => work({ table, signal }))
      if (result !== 'late' && passedMs(begun, time) < writeMs) return result.value
      throw new SwitchError('write-abandoned', `A write into ${table} took more than ${writeMs / 1000} s.`)
    }
  }

  async function active(): Promise<ActiveTable> {
    const { table, mode } = await recent()
    refuseOutlived()
    return { table, isOpen: mode === 'open' }
  }

  return { write, active }
}

function keyOf(tables: readonly [string, string]): Record<string, { S: string }> {
  const { pk, sk } = switchKey(tables)
  return { pk: { S: pk }, sk: { S: sk } }
}
