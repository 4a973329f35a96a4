import { depthOf } from '../../chunks/chunk.ts'
import type { ChunkRecord } from '../../ledger/chunks.ts'
import { counted, grouped } from '../../runtime/text.ts'
import { keyLabel } from './format.ts'

/**
 * The chunks that were split, as a tree of lines with the items that each branch has read. Below the first level, a branch
 * whose chunks are all done is one line, so that the open ones fit on a page. Empty if nothing was split.
 *
 *     s00042  segment  split in 9 ways at key #3f9a1c  61,204 items, 2,310 before the split
 *     ├─ s00042.0  rest of the segment  done  1,203 items
 *     └─ s00042.1  range  open  6,422 items
 */
export function drawTree(chunks: readonly ChunkRecord[], { keys }: { keys: boolean }): string[] {
  const byId = new Map(chunks.map((chunk) => [chunk.id, chunk]))
  const roots = chunks.filter(({ id, state }) => state === 'split' && depthOf(id) === 0)
  roots.sort((a, b) => (a.id < b.id ? -1 : 1))
  return roots.flatMap((root) => branch(root, '', '', byId, keys))
}

function branch(
  chunk: ChunkRecord,
  first: string,
  rest: string,
  byId: ReadonlyMap<string, ChunkRecord>,
  keys: boolean,
): string[] {
  const folded = depthOf(chunk.id) > 0 && doneThroughout(chunk, byId)
  const children = chunk.state === 'split' && !folded ? (chunk.children ?? []) : []
  const lines = [`${first}${chunk.id}  ${describe(chunk, byId, keys)}`]
  children.forEach((id, index) => {
    const isLast = index === children.length - 1
    const child = byId.get(id)
    const [head, below] = isLast ? ['└─ ', '   '] : ['├─ ', '│  ']
    if (child) lines.push(...branch(child, rest + head, rest + below, byId, keys))
    else lines.push(`${rest}${head}${id}  has no row`)
  })
  return lines
}

function describe(chunk: ChunkRecord, byId: ReadonlyMap<string, ChunkRecord>, keys: boolean): string {
  const what = place(chunk)
  if (chunk.state !== 'split')
    return `${what}  ${chunk.state === 'open' && chunk.slices === 0 ? 'waiting' : chunk.state}  ${counted(chunk.tallies.read, 'item')}`
  const ranges = (chunk.children ?? []).length - (chunk.chunk.kind === 'segment' ? 1 : 0)
  const at = chunk.splitKey === undefined ? '' : ` at ${keyLabel(chunk.splitKey, keys)}`
  const own = chunk.tallies.read > 0 ? `, ${grouped(chunk.tallies.read)} before the split` : ''
  const done = doneThroughout(chunk, byId) ? 'all done  ' : ''
  return `${what}  split in ${ranges} ways${at}  ${done}${counted(itemsUnder(chunk, byId), 'item')}${own}`
}

function place({ id, chunk }: ChunkRecord): string {
  if (chunk.kind === 'segment') return depthOf(id) === 0 ? 'segment' : 'rest of the segment'
  return 'range'
}

/** Items read by a chunk and all its descendants. */
function itemsUnder(chunk: ChunkRecord, byId: ReadonlyMap<string, ChunkRecord>): number {
  const below = (chunk.children ?? []).map((id) => byId.get(id))
  return below.reduce((sum, child) => sum + (child ? itemsUnder(child, byId) : 0), chunk.tallies.read)
}

function doneThroughout(chunk: ChunkRecord, byId: ReadonlyMap<string, ChunkRecord>): boolean {
  if (chunk.state !== 'split') return chunk.state === 'done'
  return (chunk.children ?? []).every((id) => {
    const child = byId.get(id)
    return child !== undefined && doneThroughout(child, byId)
  })
}
