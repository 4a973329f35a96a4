import { encodeKey, type Key } from '../../../shared/dynamodb/key.ts'
import type { WriteResult } from '../../../shared/dynamodb/ports.ts'
import type { Command } from '../../../shared/ledger/control.ts'
import type { Sandbox } from '../lambda/sandbox.ts'
import type { Watch } from '../stores/watch.ts'
import { violation } from '../violation.ts'
import type { Writers } from '../workload/writers.ts'
import type { World } from '../world.ts'
import type { LedgerChecks } from './ledger.ts'

/** Within this time of an abort, nothing begins a write any more. Source: docs/architecture.md §9. */
const ABORT_MS = 10_000

/** Watches reads of the source: for the application, which changes what copy is at, and for the story. */
export function sourceWatch(world: World, writers: Writers | undefined): Watch {
  const { story } = world
  return {
    read(by, page) {
      if (by.invocation?.payload.pass === 'copy') writers?.seen(page)
      if (!story.isTold) return
      for (const { key } of page.items) {
        const text = encodeKey(key)
        if (!story.isAbout(text)) continue
        const chunk = by.invocation?.payload.chunk
        if (typeof chunk === 'string') story.involve(chunk)
        story.tell(
          by.name,
          `${chunk ?? ''} reads ${text} in a page of ${page.items.length}${page.next ? '' : ', the last'}`,
        )
      }
    },
    begins() {},
    wrote() {},
    got(by, keys) {
      // What is read by settling is about to be written as it was.
      if (by.invocation?.payload.pass === undefined) writers?.settling(keys)
    },
    lingers() {},
  }
}

/** Watches writes to the destination: I8. */
export class DestinationWatch implements Watch {
  readonly #writers: Writers | undefined
  /** When the run was told to abort. */
  #abort: { at: number; run: string; fence: number; resumed?: boolean } | undefined
  /** Capture is off, and the application writes to the destination. */
  #handedOver = false
  readonly #world: World
  readonly #ledger: LedgerChecks

  constructor(world: World, ledger: LedgerChecks, writers: Writers | undefined) {
    this.#writers = writers
    this.#world = world
    this.#ledger = ledger
  }

  commanded(command: Command, told?: { run: string; fence: number }): void {
    this.#abort = command === 'abort' && told ? { at: this.#world.now, ...told } : undefined
  }

  /** An operator resumes the run: from then on live changes are applied again, by the permission of that command. */
  resumed(run: string): void {
    if (this.#abort?.run === run) this.#abort = { ...this.#abort, resumed: true }
  }

  handedOver(): void {
    this.#handedOver = true
  }

  read(): void {}

  got(): void {}

  lingers(items: { key: Key }[]): void {
    this.#writers?.doomed(items.map(({ key }) => key))
  }

  begins(by: Sandbox): void {
    const payload = by.invocation?.payload
    if (!this.#abort) return
    const { run, fence } = this.#abort
    const { lease } = this.#ledger
    // Batches of the stream have no fence: they belong to whoever held the lease last, until another takes it.
    const isTold =
      payload?.batch === undefined
        ? payload?.run === run && (payload.fence as number) <= fence
        : lease?.run === run && !this.#abort.resumed && !(lease.held && (lease.fence as number) > fence)
    if (!isTold) return
    // Only where no fault held it up is an environment bound to seconds.
    if (this.#world.now - this.#abort.at <= ABORT_MS + by.heldUpMs) return
    const late = `${by.name} began a write ${Math.round(this.#world.now - this.#abort.at)} ms after the abort`
    this.#world.violated(violation('write after abort', late))
  }

  wrote(by: Sandbox, operation: string, item: { key: Parameters<typeof encodeKey>[0] }, result: WriteResult): void {
    const { story } = this.#world
    if (story.isTold) {
      const text = encodeKey(item.key)
      if (story.isAbout(text)) story.tell(by.name, `${operation} ${text}: ${JSON.stringify(result)}`)
    }
    if (this.#handedOver && result === 'written') {
      const text = `${by.name}: ${operation} ${encodeKey(item.key)} into a destination that the application uses`
      this.#world.violated(violation('write after capture off', text, { keys: [encodeKey(item.key)] }))
    }
    const { lease } = this.#ledger
    const { fence, chunk } = by.invocation?.payload ?? {}
    // Settling writes under conditions that hold however late it is; only copy relies on time.
    if (!lease || typeof fence !== 'number' || chunk === undefined) return
    if (lease.held && fence >= (lease.fence as number)) return
    this.#world.hit('path: write landed under an old lease')
    if (this.#world.now <= this.#ledger.quietAfter()) return
    const text = `${by.name}, fence ${fence}, wrote after the lease with fence ${lease.fence} said that all was quiet`
    this.#world.violated(violation('write after abort', text, { keys: [encodeKey(item.key)] }))
  }
}
