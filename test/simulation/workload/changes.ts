import type { Attributes } from '../../../shared/dynamodb/attributes.ts'
import { encodeKey, keyOf } from '../../../shared/dynamodb/key.ts'
import type { Change, MemoryTable } from '../../memory/table.ts'
import { possibleOutputs } from './migrations.ts'

/** Remembers what every change of the source was about: which destination keys were ever made, and when last touched. */
export class ChangeLog {
  /** By encoded destination key: when a source item that makes it, or made it, last changed. */
  readonly touched = new Map<string, number>()
  /** By encoded source key: when it last changed. */
  readonly changed = new Map<string, number>()
  readonly #source: MemoryTable
  readonly #now: () => number

  constructor(source: MemoryTable, now: () => number) {
    this.#source = source
    this.#now = now
    for (const item of source.items()) this.#touch(item, Number.NEGATIVE_INFINITY)
  }

  note({ old, new: now }: Change): void {
    const at = this.#now()
    this.changed.set(encodeKey(keyOf(this.#source.schema, (now ?? old)!)!), at)
    if (old) this.#touch(old, at)
    if (now) this.#touch(now, at)
  }

  #touch(item: Attributes, at: number): void {
    for (const output of possibleOutputs(item)) this.touched.set(encodeKey(keyOf(this.#source.schema, output)!), at)
  }
}
