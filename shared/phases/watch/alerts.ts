import { type Alert, type AlertEvent, changeAlert, readAlerts } from '../../ledger/alerts.ts'
import type { LedgerTable } from '../../ledger/table.ts'
import type { Clock } from '../../runtime/ports.ts'
import type { Facts } from './facts.ts'
import { type Alarm, type KindName, kindNames, kinds } from './kinds.ts'
import { type Message, messageOf } from './message.ts'

/** An alarm that is still on is told again after this time, ms. */
export const againMs = 30 * 60_000

/** Whoever took a message to send it and has not confirmed it by then is dead: a watchdog lives 50 s. */
export const takenMs = 60_000

/** Where messages go. */
export interface Notices {
  /** @throws whatever keeps the message from being sent; it is sent within the next minutes then. */
  publish(message: Message): Promise<void>
}

export interface AlertEngine {
  ledger: LedgerTable
  destination: string
  /** Name of the stack, for the commands of messages; no value: the only one. */
  stack: string | undefined
  clock: Clock
  notices: Notices
}

/**
 * Tells people what the facts are judged to be: once when an alarm begins, once when it ends, and every half hour in between.
 * A message is stored before it is sent and confirmed after, each by compare and set: two watchdogs send it once, and one
 * that dies in between sends it late, or twice, but never not at all.
 * @returns which alarms are on.
 * @throws whatever kept a message from being sent, once all others are.
 */
export async function tellAlarms(facts: Facts, engine: AlertEngine): Promise<KindName[]> {
  const { ledger, destination } = engine
  const known = new Map((await readAlerts(ledger, destination)).map((alert) => [alert.kind, alert]))
  const on: KindName[] = []
  const unsent: unknown[] = []
  for (const kind of kindNames) {
    const alarm = kinds[kind].judge(facts)
    if (alarm) on.push(kind)
    // One that cannot be sent keeps no other back.
    await tell(kind, known.get(kind), alarm, facts, engine).catch((error) => void unsent.push(error))
  }
  if (unsent.length > 0) throw unsent[0]
  return on
}

/** Sends what is to tell of one kind: where another run has begun, the end of the earlier one's alarm, and then its own. */
async function tell(
  kind: KindName,
  known: Alert | undefined,
  alarm: Alarm | undefined,
  facts: Facts,
  engine: AlertEngine,
): Promise<void> {
  const { ledger, destination, clock, notices } = engine
  for (let alert = known; nextOf(alert, alarm, facts, clock()); ) {
    const taken = await changeAlert(ledger, destination, kind, (now) => nextOf(now, alarm, facts, clock()))
    if (!taken?.pending) return
    await notices.publish(messageOf(kind, taken, taken.pending, alarm, facts, engine))
    alert = await changeAlert(ledger, destination, kind, (now) =>
      now?.version === taken.version ? confirmed(now) : undefined,
    )
    if (!alert) return
  }
}

function confirmed({
  pending: _p,
  takenAt: _t,
  version: _v,
  kind: _k,
  ...alert
}: Alert): Omit<Alert, 'version' | 'kind'> {
  return alert
}

/** What becomes of an alert: a message to send, or `undefined` where there is nothing to tell. */
export function nextOf(
  alert: Alert | undefined,
  alarm: Alarm | undefined,
  { run }: { run: { id: string } },
  now: number,
): Omit<Alert, 'version' | 'kind'> | undefined {
  const take = (pending: AlertEvent, change: Partial<Alert>) => ({
    ...{ run: run.id, since: now, toldAt: now, on: false, messages: 0 },
    ...alert,
    ...change,
    ...{ pending, takenAt: now },
  })
  // People know of it from when it is sent, not from when it should have been.
  if (alert?.pending) return now - (alert.takenAt ?? 0) < takenMs ? undefined : take(alert.pending, { toldAt: now })
  const messages = (alert?.messages ?? 0) + 1
  // Of another run it is another alarm.
  if (!alarm || (alert?.on && alert.run !== run.id))
    return alert?.on ? take('end', { on: false, toldAt: now, messages }) : undefined
  if (!alert?.on) return take('onset', { on: true, run: run.id, since: alarm.since, toldAt: now, messages })
  return now - alert.toldAt >= againMs ? take('again', { toldAt: now, messages }) : undefined
}
