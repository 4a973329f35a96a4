import { listDifferences } from '../../../shared/ledger/differences.ts'
import type { RunRecord } from '../../../shared/ledger/runs.ts'
import type { Deployment } from '../deployment.ts'
import type { Violation } from '../violation.ts'
import type { ChangeLog } from '../workload/changes.ts'
import type { LedgerChecks } from './ledger.ts'
import { checkDestination, checkListed, checkQuarantine, checkTotals, checkVerified } from './outcome.ts'

/** How far the clock of an environment may be off, and how long ago a change must be to have happened before another. */
const skewMs = 5_000
/** How old what a read sees may be that is not strongly consistent. */
const staleMs = 25_000

/** What must be right when a run finishes, and when at last nothing moves any more. */
export class Checks {
  readonly #deployment: Deployment
  readonly #ledger: LedgerChecks
  readonly #changes: ChangeLog

  constructor(deployment: Deployment, ledger: LedgerChecks, changes: ChangeLog) {
    this.#deployment = deployment
    this.#ledger = ledger
    this.#changes = changes
  }

  /** The promise of drain and settle: whatever last changed before copy ended is right when the run has finished. */
  whenFinished({ id, offline, verification }: RunRecord): void {
    void this.#whetherListed(id, verification!.number)
    const { world, source, destination, ledger, copiedAt, firstCopiedAt } = this.#deployment
    const before = offline ? Number.POSITIVE_INFINITY : copiedAt - skewMs
    this.#note(
      checkDestination(source.memory, destination.memory, this.#changes, before) ??
        checkQuarantine(source.memory, ledger, id, this.#changes, before),
    )
    const lastChange = Math.max(0, ...this.#changes.changed.values())
    if (!offline && lastChange > firstCopiedAt - skewMs - staleMs) return
    world.hit('path: nothing changed after copy')
    this.#note(
      lastChange === 0
        ? checkTotals(source.memory, this.#ledger, id)
        : checkVerified(source.memory, this.#ledger, id, verification!.number),
    )
  }

  /** Nothing has changed since before this verification: it must say what is so. */
  whenVerified({ id, verification }: RunRecord): void {
    void this.#whetherListed(id, verification!.number)
    this.#note(checkVerified(this.#deployment.source.memory, this.#ledger, id, verification!.number))
  }

  /** Nothing happens any more: the destination is the migrated source, and the list is right. */
  atTheEnd(run: string): void {
    const { source, destination, ledger } = this.#deployment
    this.#note(
      checkDestination(source.memory, destination.memory, this.#changes) ??
        checkQuarantine(source.memory, ledger, run, this.#changes),
    )
  }

  /** Whatever crashed or came late: the list and the tallies speak of the same differences. */
  async #whetherListed(run: string, verification: number): Promise<void> {
    const { world, ledger } = this.#deployment
    const listed = await listDifferences(ledger.memory, run, verification)
    const rows = ledger.memory.rows().filter(({ pk }) => pk.startsWith(`DIFF#${run}#${verification}#`))
    if (rows.length > listed.length) world.hit('path: a listed difference was verified again')
    this.#note(checkListed(this.#ledger, run, verification, listed.length))
  }

  #note(found: Violation | undefined): void {
    if (found) this.#deployment.world.violated(found)
  }
}
