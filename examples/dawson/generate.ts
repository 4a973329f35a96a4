import type { Attributes } from 'dynamodb-segue'
import { type Kind, kinds, poisons } from './kinds.ts'
import { Pen } from './pen.ts'
import { mulberry32 } from './random.ts'

export interface GenerateOptions {
  /** Equal seeds give equal tables. */
  seed: number
  /** How many items in all. */
  items: number
  /** The share of items in the overloaded partition `section-outbox|docket`, from 0 to 1. */
  hotShare: number
}

/** Kinds outside the outbox, each as often as it stands here, in hundredths. */
const mix: readonly [Kind, number][] = [
  ['docketEntry', 58],
  ['message', 16],
  ['case', 12],
  ['user', 9],
  ['connection', 5],
]

/**
 * A court's table, made up: one item after the other, all with distinct keys, in no order. Tables of at least 100 items
 * hold one of each of the `poisons`, spread out.
 */
export function* generate({ seed, items, hotShare }: GenerateOptions): Generator<Attributes> {
  const pen = new Pen(mulberry32(seed))
  const poisonAt = new Map(
    items < 100 ? [] : poisons.map((poison, i) => [Math.floor((items * (i + 0.5)) / poisons.length), poison]),
  )
  for (let i = 0; i < items; i++) {
    const poison = poisonAt.get(i)
    if (poison) yield poison(pen, i)
    else if (Math.floor((i + 1) * hotShare) > Math.floor(i * hotShare)) yield kinds.workItem(pen, i)
    else yield kinds[pick(pen.random())](pen, i)
  }
}

function pick(chance: number): Kind {
  let hundredths = chance * 100
  for (const [kind, share] of mix) {
    hundredths -= share
    if (hundredths < 0) return kind
  }
  return 'docketEntry'
}
