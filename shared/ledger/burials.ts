import { decodeKey, encodeKey, type Key } from '../dynamodb/key.ts'
import { burialPk, digest, expiry } from './keys.ts'
import type { LedgerTable, Put, Row } from './table.ts'

const hourMs = 3_600_000

/** A delete that is to be sent once more, because an older request may still bring the document back. */
export interface Burial {
  key: Key
  /** When no older request can be under way any more, ms since the epoch. */
  due: number
}

/** The hour in which a burial is due. The burials of each hour have a partition key of their own. */
export const hourOf = (ms: number) => Math.floor(ms / hourMs)

/** A put of a burial. It belongs into one commit with the ticket of the delete. */
export function burialPut(build: string, { key, due }: Burial, now: number): Put {
  const id = { pk: burialPk(build, hourOf(due)), sk: digest(encodeKey(key)) }
  return { row: { ...id, key: encodeKey(key), due, expiresAt: expiry(now) }, expect: 'any' }
}

/** The burial of a row; `undefined` once it is done. */
export function burialOf({ key, due, done }: Row): Burial | undefined {
  return done ? undefined : { key: decodeKey(key as string), due: due as number }
}

/** Records that a burial is done, unless another one of the same item has taken its place. */
export async function endBurial(ledger: LedgerTable, build: string, burial: Burial, now: number): Promise<void> {
  const { row } = burialPut(build, burial, now)
  await ledger.commit([{ row: { ...row, done: true }, expect: { due: burial.due } }])
}
