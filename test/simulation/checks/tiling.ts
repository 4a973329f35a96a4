import { type Chunk, depthOf } from '../../../shared/chunks/chunk.ts'
import type { KeyValue } from '../../../shared/dynamodb/attributes.ts'
import { encodeKeyValue } from '../../../shared/dynamodb/key.ts'
import type { ChunkRecord } from '../../../shared/ledger/chunks.ts'
import { orderBytes } from '../../memory/key-order.ts'
import { type Violation, violation } from '../violation.ts'
import type { World } from '../world.ts'

/**
 * I5: whether the children of a split cover what was left of their parent, and nothing twice. Written with the order of
 * the in-memory table, apart from the engine's.
 */
export function checkSplit(
  world: World,
  parent: ChunkRecord,
  children: (ChunkRecord | undefined)[],
): Violation | undefined {
  const { cursor, chunk } = parent
  const about = { chunks: [parent.id, ...(parent.children ?? [])] }
  const found = children.filter((child) => child !== undefined)
  if (found.length < 2 || found.length < children.length)
    return violation(
      'gap',
      `${parent.id} was split, but ${children.length - found.length} of its ${children.length} children do not exist`,
      about,
    )
  if (!cursor?.sk) return violation('gap', `${parent.id} was split outside of a partition key`, about)
  const depth = depthOf(parent.id)
  world.hit(
    depth === 0
      ? 'path: split of a segment'
      : depth === 1
        ? 'path: split of a range'
        : 'path: split at depth 2 or more',
  )
  const ranges: { after: KeyValue; upTo: KeyValue | undefined }[] = []
  const rests: Chunk[] = []
  for (const { chunk: child } of found) {
    if (child.kind === 'segment') rests.push(child)
    else if (encodeKeyValue(child.pk) !== encodeKeyValue(cursor.pk) || !child.after)
      return violation('gap', `${parent.id} has a child of another partition key or without a start`, about)
    else ranges.push({ after: child.after, upTo: child.upTo })
  }
  if (rests.length !== (chunk.kind === 'segment' ? 1 : 0))
    return violation('gap', `${parent.id} has ${rests.length} children for the rest of its segment`, about)
  for (const rest of rests) {
    const problem = checkRest(rest, chunk, cursor.pk)
    if (problem) return violation(problem, `the rest of ${parent.id} does not begin right after its hot key`, about)
  }
  ranges.sort((a, b) => compare(a.after, b.after))
  let reached: KeyValue | undefined = cursor.sk
  for (const { after, upTo } of ranges) {
    const step: number = reached === undefined ? -1 : compare(after, reached)
    if (step !== 0) return violation(step < 0 ? 'overlap' : 'gap', `the ranges of ${parent.id} do not meet`, about)
    if (upTo && compare(upTo, after) <= 0)
      return violation('overlap', `a range of ${parent.id} ends before it starts`, about)
    reached = upTo
  }
  const end = chunk.kind === 'range' ? chunk.upTo : undefined
  const same = reached && end ? compare(reached, end) === 0 : reached === end
  return same
    ? undefined
    : violation(reached ? 'gap' : 'overlap', `the ranges of ${parent.id} end elsewhere than it did`, about)
}

function checkRest(rest: Chunk, parent: Chunk, pk: KeyValue): 'gap' | 'overlap' | undefined {
  if (rest.kind !== 'segment' || parent.kind !== 'segment') return 'gap'
  if (rest.segment !== parent.segment || rest.totalSegments !== parent.totalSegments) return 'gap'
  if (!rest.after?.sk || encodeKeyValue(rest.after.pk) !== encodeKeyValue(pk)) return 'gap'
  // The greatest sort key of each type; below it, items that sort above the start would be read twice.
  return isGreatest(rest.after.sk) ? undefined : 'overlap'
}

function isGreatest(value: KeyValue): boolean {
  if ('N' in value) return value.N === `9.${'9'.repeat(37)}E+125`
  const bytes = 'S' in value ? Buffer.from(value.S) : Buffer.from(value.B)
  const greatest = 'S' in value ? Buffer.from('\u{10ffff}'.repeat(256)) : Buffer.alloc(1024, 0xff)
  return bytes.equals(greatest)
}

function compare(a: KeyValue, b: KeyValue): number {
  return Buffer.compare(orderBytes(a), orderBytes(b))
}
