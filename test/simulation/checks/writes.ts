import { encodeKey, type Key } from '../../../shared/dynamodb/key.ts'
import type { WriteResult } from '../../../shared/dynamodb/ports.ts'
import type { Sandbox } from '../lambda/sandbox.ts'
import type { Watch } from '../stores/watch.ts'
import { violation } from '../violation.ts'
import type { Writers } from '../workload/writers.ts'
import type { World } from '../world.ts'
import type { ControlChecks } from './control.ts'
import type { LedgerChecks } from './ledger.ts'

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
  /** Capture is off, and the application writes to the destination. */
  #handedOver = false
  readonly #world: World
  readonly #ledger: LedgerChecks

  readonly #control: ControlChecks

  constructor(world: World, ledger: LedgerChecks, control: ControlChecks, writers: Writers | undefined) {
    this.#writers = writers
    this.#control = control
    this.#world = world
    this.#ledger = ledger
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
    this.#control.begins(by)
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
    if (result === 'written') this.#control.wrote(by, encodeKey(item.key))
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
