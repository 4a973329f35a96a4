import { type Difference, listDifferences } from '../../../shared/ledger/differences.ts'
import type { RunRecord } from '../../../shared/ledger/runs.ts'
import type { Deployment } from '../deployment.ts'
import type { Violation } from '../violation.ts'
import type { ChangeLog } from '../workload/changes.ts'
import { checkPlanted, checkVerified } from './findings.ts'
import { checkIndices } from './index.ts'
import type { LedgerChecks } from './ledger.ts'
import { checkDestination, checkListed, checkQuarantine, checkTotals } from './outcome.ts'

/** How far the clock of an environment may be off, and how long ago a change must be to have happened before another. */
const skewMs = 5_000
/** How old what a read sees may be that is not strongly consistent. */
const staleMs = 25_000

/** What must be right when a run finishes, and when at last nothing moves any more. */
export class Checks {
  readonly #deployment: Deployment
  readonly #ledger: LedgerChecks
  readonly #changes: ChangeLog
  /** Keys that somebody else made wrong, until a repair. */
  readonly #planted: ReadonlySet<string>

  constructor(deployment: Deployment, ledger: LedgerChecks, changes: ChangeLog, planted: ReadonlySet<string>) {
    this.#deployment = deployment
    this.#ledger = ledger
    this.#changes = changes
    this.#planted = planted
  }

  /** The promise of drain and settle: whatever last changed before copy ended is right when the run has finished. */
  async whenFinished({ id, offline, verification }: RunRecord): Promise<void> {
    const number = verification!.number
    const listed = await this.#listed(id, number)
    const { world, source, destination, ledger, copiedAt, firstCopiedAt } = this.#deployment
    const saw = this.#sawAll(id, number)
    const before = offline ? Number.POSITIVE_INFINITY : copiedAt - skewMs
    this.#note(
      checkDestination(source.memory, destination.memory, this.#changes, this.#wrong, before) ??
        checkPlanted(this.#deployment, this.#planted, this.#changes.touched, before, listed, saw.destination) ??
        checkQuarantine(source.memory, ledger, id, this.#changes, before),
    )
    const lastChange = Math.max(0, ...this.#changes.changed.values())
    if (!offline && lastChange > firstCopiedAt - skewMs - staleMs) return
    // A late delivery of settling may have mended some of it since verify saw it.
    if (this.#wrong.size > 0) return
    world.hit('path: nothing changed after copy')
    if (!saw.source || !saw.destination) return
    world.hit('path: verification is exact')
    this.#note(
      (lastChange === 0 ? checkTotals(source.memory, this.#ledger, id) : undefined) ??
        checkVerified(this.#deployment, this.#ledger, id, number, listed, saw),
    )
  }

  /** The promise of settling: the list is right of whatever last changed before copy ended. */
  whenSettled(run: string): void {
    const { source, ledger, copiedAt } = this.#deployment
    this.#note(checkQuarantine(source.memory, ledger, run, this.#changes, copiedAt - skewMs))
  }

  /** Nothing has changed since before this verification: it must say what is so. */
  async whenVerified({ id, verification }: RunRecord): Promise<void> {
    const { number } = verification!
    const listed = await this.#listed(id, number)
    const saw = this.#sawAll(id, number)
    // A batch that was delivered again may have mended some of it since verify saw it.
    if (!saw.destination) return
    this.#deployment.world.hit('path: repeated verification is exact')
    this.#note(checkVerified(this.#deployment, this.#ledger, id, number, listed, saw))
  }

  /** I10: the indices are those of the destination, once nothing changes any more. */
  async ofIndices(run: RunRecord): Promise<void> {
    this.#note(await checkIndices(run, this.#deployment))
  }

  /** Nothing happens any more: the destination is the migrated source, and the list is right. */
  atTheEnd(run: string): void {
    const { source, destination, ledger } = this.#deployment
    this.#note(
      checkDestination(source.memory, destination.memory, this.#changes, this.#wrong) ??
        checkQuarantine(source.memory, ledger, run, this.#changes),
    )
  }

  /** Keys of the destination that are not as the source has them, and need not be. */
  get #wrong(): ReadonlySet<string> {
    const { search } = this.#deployment
    return search ? new Set([...this.#planted, ...search.changed]) : this.#planted
  }

  /** Whether every change of a table had reached its replica before a verification began, which so read all of it. */
  #sawAll(run: string, verification: number): { source: boolean; destination: boolean } {
    const { source, destination, plannedAt } = this.#deployment
    const from = plannedAt.get(`manifests/${run}/verify.${verification}`) ?? 0
    return { source: source.replica.lastAt < from, destination: destination.replica.lastAt < from }
  }

  /** The differences of a verification. Whatever crashed or came late: the tallies speak of the same. */
  async #listed(run: string, verification: number): Promise<Difference[]> {
    const { world, ledger } = this.#deployment
    const listed = await listDifferences(ledger.memory, run, verification)
    const rows = ledger.memory.rows().filter(({ pk }) => pk.startsWith(`DIFF#${run}#${verification}#`))
    if (rows.length > listed.length) world.hit('path: a listed difference was verified again')
    this.#note(checkListed(this.#ledger, run, verification, listed.length))
    return listed
  }

  #note(found: Violation | undefined): void {
    if (found) this.#deployment.world.violated(found)
  }
}
