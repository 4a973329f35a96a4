import { isRefused, type Refused } from '../dynamodb/judge.ts'
import { encodeKey, type Key } from '../dynamodb/key.ts'
import { readControl } from '../ledger/control.ts'
import { headPut, needsSettling, readHead } from '../ledger/heads.ts'
import { type Attempt, retry } from '../runtime/retry.ts'
import { type Changes, changesOf, keyOfChange } from './changes.ts'
import { decide } from './decide.ts'
import type { LiveEngine } from './engine.ts'
import { LiveError } from './errors.ts'
import type { DestinationChange, StreamRecord } from './ports.ts'
import { contentsOf, isListedAsRefused, listQuarantined, recheckQuarantined } from './quarantine.ts'
import { contest, settleHead } from './settle.ts'

/**
 * Applies one change of one source item to the destination. Every destination key has its own transaction, in any
 * order; one that loses does not stop the others. Applying it again, late, or only in part is harmless. If DynamoDB
 * refuses one of its outputs, the source item is quarantined, and all its outputs are deleted.
 * @param quiet the quiet period last read; it may be out of date.
 * @param changes its changes, combined with those of the earlier records that it stands for.
 * @throws LiveError `contended` when a head kept changing; DynamoDbError when a store failed for good.
 */
export async function applyRecord(
  record: StreamRecord,
  engine: LiveEngine,
  quiet?: string,
  { changes, migration, unfit, cured }: Changes = changesOf(record, engine),
): Promise<void> {
  const wasRefused = await isListedAsRefused(record.key, engine)
  // Listed before anything is deleted: an item must always be in one of the two places.
  if (unfit) await listQuarantined(record, unfit, engine)
  for (const change of changes) {
    const reason = await applyChange(change, record, engine, quiet)
    if (reason === undefined || !record.new) continue
    await listQuarantined(record, { migration, reason, refused: contentsOf(record.new) }, engine)
    // The refused one last: until its head has this number, another delivery is refused again and comes here again.
    for (const each of [...changes.filter((other) => other !== change), change])
      await withdraw(keyOfChange(each), record, engine, quiet)
    return
  }
  // Before quiet no entry is taken off: a slice with an older page may be about to add it again. Reads quiet afresh:
  // settling reads the list after it sets its flag, so one of the two sees the other.
  if (cured || wasRefused) {
    const now = (await readControl(engine.ledger, engine.run)).quiet
    if (now !== undefined) await recheckQuarantined(record.key, engine)
  }
}

/**
 * Deletes the outputs of a refused source item, including those that this record has put, which its own number cannot
 * undo.
 */
async function withdraw(key: Key, record: StreamRecord, engine: LiveEngine, quiet: string | undefined): Promise<void> {
  await applyChange({ delete: key }, record, engine, quiet)
  if ((await readHead(engine.ledger, engine.run, key))?.op !== 'put') return
  await contest(key, [record.key], engine)
  await settleInPlace(key, engine)
}

/** @returns the reason if DynamoDB refuses the item. */
async function applyChange(
  change: DestinationChange,
  record: StreamRecord,
  engine: LiveEngine,
  quiet: string | undefined,
): Promise<string | undefined> {
  const { ledger, run, runtime, tables } = engine
  const key = keyOfChange(change)
  const op = 'put' in change ? 'put' : 'delete'
  const claim = { source: encodeKey(record.key), seq: record.seq, op, key, quiet } as const
  const settles = await retry<boolean | Refused>(
    'apply live change',
    runtime,
    async () => {
      const head = await readHead(ledger, run, key)
      const decision = decide(head, claim)
      switch (decision.kind) {
        case 'applied':
          return { done: false }
        case 'contested':
          return { done: needsSettling(decision.head, undefined) }
        case 'contest':
          return orAgain(await tables.commit([{ row: headPut(run, decision.head, head, runtime.clock()) }]), true)
        case 'write': {
          const row = headPut(run, decision.head, head, runtime.clock())
          const committed = await tables.commit([{ row, change }])
          if (!isRefused(committed)) return orAgain(committed, false)
          // A key that cannot even be deleted holds no item.
          return 'put' in change ? { done: committed } : orAgain(await tables.commit([{ row }]), false)
        }
      }
    },
    (reason) => new LiveError('contended', `A live change could not be applied: ${reason}. Its batch comes again.`),
  )
  if (isRefused(settles)) return settles.refused
  if (settles) await settleInPlace(key, engine)
  return undefined
}

/**
 * Settles at once during quiet. The mark is written before quiet is read; settling sets its flag before it reads the
 * marks. So the second of them sees the first, and no mark is left behind.
 */
async function settleInPlace(key: Parameters<typeof settleHead>[0], engine: LiveEngine): Promise<void> {
  const { quiet } = await readControl(engine.ledger, engine.run)
  if (quiet !== undefined) await settleHead(key, quiet, engine)
}

function orAgain(committed: boolean | Refused, done: boolean): Attempt<boolean> {
  return committed === true ? { done } : { again: 'another change of its destination key came first' }
}
