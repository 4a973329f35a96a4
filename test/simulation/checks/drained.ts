import type { Attributes } from '../../../shared/dynamodb/attributes.ts'
import { encodeKey, keyOf } from '../../../shared/dynamodb/key.ts'
import type { StreamRecord } from '../../../shared/live/ports.ts'
import type { Deployment } from '../deployment.ts'
import { type Violation, violation } from '../violation.ts'
import { isUnmigratable, possibleOutputs } from '../workload/migrations.ts'

/**
 * Once drain has said so: whether every change up to `past` (ms) that the stream shows, or has shown, has been applied. Read from the
 * rows of the ledger, apart from the engine: each destination key that a change concerns names it or a later one of its
 * source item, and an item that no migration takes is listed.
 */
export function checkDrained(run: string, past: number, { ledger, stream, source }: Deployment): Violation | undefined {
  const rows = ledger.memory.rows()
  const since = Number(rows.find(({ pk, sk }) => pk === `RUN#${run}` && sk === 'CAPTURE')?.since ?? 0)
  const of = (kind: string) =>
    new Map(rows.filter(({ pk }) => pk.startsWith(`${kind}#${run}#`)).map((row) => [row.key as string, row]))
  const [heads, listed] = [of('HEAD'), of('QUARANTINE')]
  const isApplied = ({ key, seq, old, new: now }: StreamRecord) => {
    const from = encodeKey(key)
    const touched = [old, now]
      .flatMap(possibleOutputs)
      .map((item: Attributes) => encodeKey(keyOf(source.memory.schema, item)!))
    const seen = (text: string) => (heads.get(text)?.sources as { [source: string]: string } | undefined)?.[from]
    if (touched.some((text) => (seen(text) ?? '') < seq)) return false
    if (!now || !isUnmigratable(now)) return true
    const entry = listed.get(from)
    return entry !== undefined && (!entry.cleared || String(entry.seq ?? '') >= seq)
  }
  const missed = [...stream.forgotten, ...stream.memory.records()].find(
    (record) => record.at >= since && record.at <= past && !isApplied(record),
  )
  return missed && violation('undrained', `Drain has not waited for the change ${missed.seq}`)
}
