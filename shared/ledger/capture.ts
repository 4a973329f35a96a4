import { compareAndSet } from './compare-and-set.ts'
import { runPk } from './keys.ts'
import type { LedgerTable, Put, Row } from './table.ts'

/** When a feed began. Times are milliseconds since the epoch. */
export interface Capture {
  /**
   * The pass, copy or that of a build, sees earlier changes; the stream carries changes from this moment on. Never moved:
   * nothing since then may be trimmed unread.
   */
  since: number
  /**
   * ARN of the stream. A stream that is disabled and enabled again gets a new ARN, and neither carries the changes in
   * between.
   */
  stream: string
  /**
   * The pass begins at this time, or later if the mapping takes longer to turn on. Runs of an earlier version have no
   * value.
   */
  copyFrom?: number
  /** When an operator turned live changes off: they are refused since then. No value: live changes are applied. */
  off?: number
}

export async function readCapture(ledger: LedgerTable, feed: string): Promise<Capture | undefined> {
  const row = await ledger.get(runPk(feed), 'CAPTURE')
  if (!row) return undefined
  const { pk: _pk, sk: _sk, ...capture } = row
  return capture as unknown as Capture
}

/** A put that records when a feed began, unless it began before. */
export function capturePut(feed: string, capture: Pick<Capture, 'since' | 'stream' | 'copyFrom'>): Put {
  return { row: { pk: runPk(feed), sk: 'CAPTURE', ...capture }, expect: 'absent' }
}

/**
 * Records that live changes are on, and since when. A repeated call keeps the first record.
 * @param owned what must hold in the same instant, so that no late delivery turns on what an operator has turned off since.
 * Called anew when another writer was first.
 * @returns the stored record.
 */
export function beginCapture(
  ledger: LedgerTable,
  feed: string,
  capture: Pick<Capture, 'since' | 'stream' | 'copyFrom'>,
  owned: () => Promise<Put[]> = async () => [],
): Promise<Capture> {
  return compareAndSet<Capture>(`The row of what ${feed} captures`, async () => {
    const now = await readCapture(ledger, feed)
    if (now && now.off === undefined) return { done: now }
    const { off, ...on } = now ?? (capture as Capture)
    const put = now ? { row: { pk: runPk(feed), sk: 'CAPTURE', ...on }, expect: { off } } : capturePut(feed, capture)
    return (await ledger.commit([put, ...(await owned())])) ? { done: on } : undefined
  })
}

/**
 * Records that an operator turned live changes off: from now on they are refused. A repeated call keeps the first time.
 * @returns when they were turned off; `undefined` if they were never on.
 */
export async function endCapture(ledger: LedgerTable, run: string, off: number): Promise<number | undefined> {
  const capture = await readCapture(ledger, run)
  if (!capture || capture.off !== undefined) return capture?.off
  const row: Row = { pk: runPk(run), sk: 'CAPTURE', ...capture, off }
  if (await ledger.commit([{ row, expect: { since: capture.since, off: undefined } }])) return off
  return (await readCapture(ledger, run))?.off
}

/** Undoes {@link endCapture}, if the time it recorded is still there. */
export async function keepCapture(ledger: LedgerTable, run: string, off: number): Promise<void> {
  const { off: _, ...on } = (await readCapture(ledger, run)) ?? {}
  await ledger.commit([{ row: { pk: runPk(run), sk: 'CAPTURE', ...on }, expect: { off } }])
}
