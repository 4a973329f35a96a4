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

/**
 * I5 at the roots: whether each whole key of a pass has exactly one root chunk, from its first sort key to its last, when
 * a segment of the pass begins, which jumps over it.
 * @param keys as the row of the pass has them, encoded; `roots` its chunks that no split has made.
 */
export function checkRoots(
  world: World,
  segment: ChunkRecord,
  keys: readonly string[],
  roots: ChunkRecord[],
): Violation | undefined {
  const walked = roots.flatMap(({ id, chunk }) => (chunk.kind === 'range' ? [{ id, chunk }] : []))
  for (const { id, chunk } of walked) {
    if (chunk.after || chunk.upTo) return violation('gap', `${id} does not walk its whole key`, { chunks: [id] })
    if (!keys.includes(encodeKeyValue(chunk.pk)))
      return violation('overlap', `${id} walks a key that ${segment.id} scans, too`, { chunks: [id, segment.id] })
  }
  for (const key of keys) {
    world.hit('path: a scan jumps over a whole key')
    const of = walked.filter(({ chunk }) => encodeKeyValue(chunk.pk) === key)
    if (of.length !== 1)
      return violation(of.length === 0 ? 'gap' : 'overlap', `${of.length} roots walk ${key}`, { chunks: [segment.id] })
  }
  return undefined
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
