import type { Command } from '../../../shared/ledger/control.ts'
import { runPk } from '../../../shared/ledger/keys.ts'
import type { Put, Row } from '../../../shared/ledger/table.ts'
import type { JsonObject } from '../interpreter/json.ts'
import type { Sandbox } from '../lambda/sandbox.ts'
import { violation } from '../violation.ts'
import type { World } from '../world.ts'
import { type LedgerChecks, PROBED_MS } from './ledger.ts'

/** Within this time of a pause, an abort, or the end of an owner, nothing begins a write any more. Source: docs/architecture.md §9. */
const OBEYED_MS = 10_000

const rank: Record<Command, number> = { run: 0, pause: 1, abort: 2 }

/** Whether an execution drives a run, or a task of it. */
const isRunning = (row: Row) => ((row.task as { state?: unknown } | undefined) ?? row).state === 'running'

/** Whether an invocation applies changes of a stream, or monitors it: it obeys aborts only. */
const isOfFeed = (payload: JsonObject | undefined) =>
  payload?.batch !== undefined || (payload?.feed !== undefined && payload.run === undefined)

/** Tasks of a run that must stop, from when on: those of this fence, and of every one before it. */
interface Told {
  at: number
  fence: number
  why: 'pause' | 'abort' | 'the end of its owner'
  /** Whether live changes must stop as well, which obey aborts only. @default true */
  isLive?: boolean
}

/** Watches what runs are told, and whether everything obeys: I13, and I8 once an abort was announced. */
export class ControlChecks {
  readonly #world: World
  readonly #ledger: LedgerChecks
  /** By partition key of the run: its rows, and what it was told. */
  readonly #runs = new Map<string, Row>()
  readonly #controls = new Map<string, Row>()
  readonly #told = new Map<string, Told[]>()
  readonly #commandedAt = new Map<string, number>()
  /** Runs of which nothing may be written any more. */
  readonly #aborted = new Set<string>()

  constructor(world: World, ledger: LedgerChecks) {
    this.#world = world
    this.#ledger = ledger
  }

  onCommit(puts: Put[], by: string): void {
    const lease = puts.find(({ row }) => row.sk === 'LEASE' && row.held)
    const control = lease && puts.find(({ row }) => row.sk === 'CONTROL' && row.pk === runPk(lease.row.run as string))
    const commandedAt = this.#commandedAt.get(control?.row.pk ?? '') ?? this.#world.now
    // One that was told in the meantime ends once it asks again.
    if (control && control.row.command !== 'run' && this.#world.now - commandedAt > PROBED_MS)
      this.#world.violated(
        violation('command', `${by} took the lease for a run that was told to ${control.row.command}`),
      )
    for (const { row } of puts) {
      if (row.sk === 'CONTROL') this.#controlled(row, by)
      if (row.sk === 'RUN') this.#ran(row)
    }
  }

  /** A request to write is sent: nobody may have told its run to stop long ago. */
  begins(by: Sandbox): void {
    const { now } = this.#world
    for (const { at, why } of this.#toldOf(by)) {
      // Only where no fault held it up is an environment bound to seconds.
      if (now - at <= OBEYED_MS + by.heldUpMsSince(at)) continue
      const text = `${by.name} began a write ${Math.round(now - at)} ms after ${why}`
      this.#world.violated(violation(why === 'abort' ? 'write after abort' : 'write after stop', text))
    }
  }

  /** A write has changed something. */
  wrote(by: Sandbox, key: string): void {
    const run = this.#runOf(by)
    if (run === undefined || !this.#aborted.has(run)) return
    const text = `${by.name} wrote after the abort of its run was announced`
    this.#world.violated(violation('write after abort', text, { keys: [key] }))
  }

  /** Whatever the control row says: an owner that does not drive its run any more has ended. */
  #ran(row: Row): void {
    const before = this.#runs.get(row.pk)
    this.#runs.set(row.pk, row)
    if (before && isRunning(before) && !(isRunning(row) && row.fence === before.fence))
      this.#tell(row.pk, { at: this.#world.now, fence: before.fence as number, why: 'the end of its owner' })
    if (row.state === 'aborted') this.#aborted.add(row.pk)
    else this.#aborted.delete(row.pk)
    // An abort that comes after the run has finished is void.
    if (row.state === 'finished') this.#resumed(row.pk)
  }

  #controlled(row: Row, by: string): void {
    const { at, fence, command } = { at: this.#world.now, fence: row.fence as number, command: row.command as Command }
    const before = this.#controls.get(row.pk)
    this.#controls.set(row.pk, row)
    if (!before) return
    if (fence > (before.fence as number))
      this.#tell(row.pk, { at, fence: before.fence as number, why: 'the end of its owner' })
    this.#quiet(row, before, by)
    if (typeof row.pauseAt === 'number' && row.pauseAt !== before.pauseAt)
      this.#tell(row.pk, { at: Math.max(at, row.pauseAt), fence, why: 'pause' })
    if (command === before.command) return
    this.#commandedAt.set(row.pk, at)
    if (by !== 'operator' && rank[command] < rank[before.command as Command])
      this.#world.violated(violation('command', `${by} made ${before.command} ${command}, as only people may`))
    if (command === 'run') this.#resumed(row.pk)
    else this.#tell(row.pk, { at, fence, why: command })
  }

  /** What was settled need not be settled again, unless copy may have written since. */
  #quiet(row: Row, before: Row, by: string): void {
    if (before.quiet === undefined || row.quiet === before.quiet) return
    const copy = this.#ledger.of(row.pk.replace('RUN#', ''), 'copy')
    if (copy.some(({ state }) => state !== 'done' && state !== 'split')) return
    this.#world.violated(violation('quiet', `${by} ended the quiet of a run whose copy is complete`))
  }

  #tell(pk: string, told: Told): void {
    this.#told.set(pk, [...(this.#told.get(pk) ?? []), told])
  }

  /** Live changes are applied again; what was told to stop stays stopped until another owner begins. */
  #resumed(pk: string): void {
    const told = this.#told.get(pk) ?? []
    this.#told.set(
      pk,
      told.map((each) => ({ ...each, isLive: false })),
    )
  }

  #toldOf(by: Sandbox): Told[] {
    const payload = by.invocation?.payload
    const told = this.#told.get(this.#runOf(by) ?? '') ?? []
    if (!isOfFeed(payload)) return told.filter(({ fence }) => (payload?.fence as number) <= fence)
    // Batches of the stream obey aborts only, until another owner takes the lease.
    const { lease } = this.#ledger
    return told.filter(
      ({ why, fence, isLive = true }) => why === 'abort' && isLive && !(lease?.held && (lease.fence as number) > fence),
    )
  }

  /** Batches of the stream, and its monitor, have no run: they belong to whoever held the lease last. */
  #runOf(by: Sandbox): string | undefined {
    const payload = by.invocation?.payload
    const run = isOfFeed(payload) ? this.#ledger.lease?.run : payload?.run
    return typeof run === 'string' ? runPk(run) : undefined
  }
}
