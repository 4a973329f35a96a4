import type { AlertEvent } from '../../../shared/ledger/alerts.ts'
import { leasePk, runPk } from '../../../shared/ledger/keys.ts'
import type { Put, Row } from '../../../shared/ledger/table.ts'
import { againMs, takenMs } from '../../../shared/phases/watch/alerts.ts'
import type { Message } from '../../../shared/phases/watch/message.ts'
import { watchRun } from '../../../shared/phases/watch/watch.ts'
import { destinationTable } from '../deployment.ts'
import type { LedgerStore } from '../stores/ledger.ts'
import { violation } from '../violation.ts'
import type { World } from '../world.ts'

/** Nothing may stand still for longer. Source: docs/alarms.md. */
const STILL_MS = 300_000
/** More than the clocks of two environments differ. */
const SKEW_MS = 7_000

/** Of messages that cannot be sent, and of watchdogs that die before they have confirmed one, or that come in pairs. */
const UNSENT = 0.1
const UNCONFIRMED = 0.05
const TWIN = 0.05

/** What was told of one kind of alarm. */
interface Told {
  id: string
  event: AlertEvent
  at: number
}

/**
 * Lets the watchdog judge and tell every minute, and holds against it what has really happened: nobody is alarmed while something
 * moves, waits as promised or is paused; each onset is told once, again every half hour, and ended once.
 */
export class AlarmChecks {
  readonly #world: World
  readonly #ledger: LedgerStore
  /** By id of the run: when a chunk, a phase or its owner last moved, and until when it waits. */
  readonly #moved = new Map<string, number>()
  readonly #promised = new Map<string, number>()
  readonly #fences = new Map<string, number>()
  readonly #phases = new Map<string, string>()
  readonly #told = new Map<string, Told>()
  /** Ids of messages that were sent and may come again, because nobody confirmed them. */
  readonly #unconfirmed = new Set<string>()

  constructor(world: World, ledger: LedgerStore) {
    this.#world = world
    this.#ledger = ledger
  }

  onCommit(puts: Put[]): void {
    for (const { row } of puts) {
      if (!row.pk.startsWith('RUN#')) continue
      const run = row.pk.split('#')[1]!
      if (row.sk === 'RUN' && !this.#entered(run, row)) continue
      // A late delivery of an earlier execution is no sign of life.
      if (row.sk === 'BEAT' && row.fence !== this.#fences.get(run)) continue
      if (!/^(RUN|BEAT|CHUNK#.*)$/.test(row.sk)) continue
      this.#moved.set(run, this.#world.now)
      if (row.sk === 'BEAT') this.#promised.set(run, (row.until as number | undefined) ?? 0)
    }
  }

  /** Whether a run has entered another phase, or has another owner. */
  #entered(run: string, { fence, phases }: Row): boolean {
    const [before, now] = [this.#phases.get(run), JSON.stringify([fence, phases ?? []])]
    this.#phases.set(run, now)
    this.#fences.set(run, fence as number)
    return before !== now
  }

  /** One minute of the watchdog. */
  async watch(): Promise<void> {
    const { watching } = this.#world
    const isTwin = watching.chance(TWIN)
    await Promise.all([this.#watch(), ...(isTwin ? [this.#watch()] : [])])
    await this.#nobodyMissed()
  }

  async #watch(): Promise<void> {
    const { scheduler } = this.#world
    try {
      await watchRun({
        ledger: this.#ledger.asOperator(),
        destination: destinationTable,
        stack: undefined,
        runtime: { clock: () => Math.floor(scheduler.now), emit: () => {} },
        notices: { publish: (message) => this.#publish(message) },
      })
    } catch (error) {
      if ((error as Error).message !== UNSENT_ERROR) throw error
    }
  }

  async #publish({ attributes }: Message): Promise<void> {
    const { watching, now } = this.#world
    if (watching.chance(UNSENT)) throw new Error(UNSENT_ERROR)
    const { id, kind, event, run, what } = JSON.parse(attributes.alert) as Record<string, string>
    this.#judge({ id: id!, event: event as AlertEvent, at: now }, kind!)
    // A message that could not be sent comes late, and says so.
    if (kind === 'stuck' && event !== 'end' && !what!.includes('it is over by now')) await this.#standsStill(run!)
    if (!watching.chance(UNCONFIRMED)) return
    this.#unconfirmed.add(id!)
    throw new Error(UNSENT_ERROR)
  }

  #judge(told: Told, kind: string): void {
    const { now } = this.#world
    const before = this.#told.get(kind)
    this.#told.set(kind, told)
    this.#world.hit(`alarm: ${kind} ${told.event}`)
    if (before?.id === told.id) {
      if (!this.#unconfirmed.delete(told.id)) this.#wrong(`${kind} was told twice as ${told.id}`)
      return
    }
    const isOn = before !== undefined && before.event !== 'end'
    if (told.event === 'onset' && isOn) this.#wrong(`${kind} began twice`)
    if (told.event === 'end' && !isOn) this.#wrong(`${kind} ended and had not begun`)
    if (told.event === 'again' && (!isOn || now - before.at < againMs - takenMs - SKEW_MS))
      this.#wrong(`${kind} was told again after ${before ? now - before.at : 0} ms`)
  }

  async #standsStill(run: string): Promise<void> {
    const { now } = this.#world
    const row = await this.#row(run)
    const since = Math.max(this.#moved.get(run) ?? 0, this.#promised.get(run) ?? 0)
    if (now - since <= STILL_MS - SKEW_MS)
      this.#wrong(`run ${run} is said to stand still, and moved or waits as promised ${now - since} ms ago`)
    if (!isRunning(row)) this.#wrong(`run ${run} is said to stand still, and is ${row?.state}`)
  }

  /** What must be told by now: a run that stands still, or whose owner has ended. */
  async #nobodyMissed(): Promise<void> {
    const { now } = this.#world
    const lease = await this.#ledger.memory.get(leasePk(destinationTable), 'LEASE')
    const row = lease && (await this.#row(lease.run as string))
    if (!row) return
    const run = row.id as string
    const since = Math.max(this.#moved.get(run) ?? 0, this.#promised.get(run) ?? 0)
    const isStill = isRunning(row) && now - since > STILL_MS + SKEW_MS
    const isInterrupted =
      ((row.task as { because?: unknown } | undefined) ?? row).because === 'interrupted' && row.state !== 'aborted'
    for (const [kind, is] of Object.entries({ stuck: isStill, 'owner-ended': isInterrupted })) {
      const alert = is ? await this.#ledger.memory.get(`ALERT#${destinationTable}`, kind) : undefined
      if (is && !alert?.on) this.#wrong(`nobody was told of ${kind}`)
    }
  }

  #row(run: string): Promise<Row | undefined> {
    return this.#ledger.memory.get(runPk(run), 'RUN')
  }

  #wrong(text: string): void {
    this.#world.violated(violation('alarm', text))
  }
}

const UNSENT_ERROR = 'Injected: the message was not sent'

/** Whether a run, or what is done to it, is at work. */
const isRunning = (row: Row | undefined) => ((row?.task as { state?: unknown } | undefined) ?? row)?.state === 'running'
