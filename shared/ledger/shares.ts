import type { ChunkRecord, Joined } from './chunks.ts'
import type { Control, RunBudget } from './control.ts'

/** More than the clocks of two environments differ, ms. */
const skewMs = 10_000
/**
 * A chunk that has begun, and that nobody has touched for so long, is left alone: its execution was stopped, or waits for a
 * slot. Tries are 60 s apart at most.
 */
const abandonedMs = 5 * 60_000

/** What writing the largest item takes, units. */
const largestUnits = 400
/** The part of its time in which a slice waits for budget at least: near its end it gives up. */
const waitingPart = 0.9

/** Units a second that a slice needs at least, so that it comes past the largest item in its time. */
export function leastShare(sliceSeconds: number): number {
  return Math.ceil(largestUnits / (waitingPart * sliceSeconds))
}

/** With how many slices a budget suits each of them, at least 1; `Infinity` without a budget. */
export function mostSlices(budget: Partial<RunBudget> | undefined, sliceSeconds: number): number {
  const { readUnits = Number.POSITIVE_INFINITY, writeUnits = Number.POSITIVE_INFINITY } = budget ?? {}
  return Math.max(1, Math.floor(Math.min(readUnits, writeUnits) / leastShare(sliceSeconds)))
}

export interface AtOnce {
  /** Slices of the deployment that can be at work at once, whatever the run asks for. */
  deployed: number
  /** Slices that the run wants at work at once. */
  wanted: number
}

/** Chunks that are open: those that have a slice, or had one moments ago, and those that wait in the Map. */
export interface OpenChunks {
  started: number
  queued: number
}

/** How an open chunk counts; `undefined`: not at all. */
export function standingOf(
  chunk: Pick<ChunkRecord, 'slices' | 'deadline' | 'updatedAt' | 'joined'>,
  now: number,
): keyof OpenChunks | undefined {
  if (chunk.slices === 0) return chunk.joined ? 'started' : 'queued'
  return isAbandoned(chunk, now) ? undefined : 'started'
}

/** Slices that may be at work until the next count. */
export function slicesOf({ started, queued }: OpenChunks, { deployed, wanted }: AtOnce): number {
  return Math.max(1, Math.min(deployed, started + Math.min(queued, Math.max(0, wanted - started))))
}

/** Whether nobody works on a chunk that has begun. One that is continued all the same has to join again. */
function isAbandoned({ deadline = 0, updatedAt }: Pick<ChunkRecord, 'deadline' | 'updatedAt'>, now: number): boolean {
  return deadline <= now && updatedAt <= now - abandonedMs
}

/**
 * How a chunk stands among those that share the budget, once a slice has claimed it at `now`.
 * @param row before that.
 * @param fence of the slice.
 */
export function joinedBy(row: ChunkRecord, fence: number, now: number): Joined | undefined {
  if (row.slices > 0 && isAbandoned(row, now + skewMs)) return { at: now, part: 0 }
  return row.slices === 0 || row.fence === fence ? row.joined : undefined
}

/**
 * The part of its budget that one slice of a run may take: all slices that may be at work now take no more than the budget
 * together.
 *
 * - Counted are chunks, not slices: a chunk has one slice at a time, and a root that waits in the Map may begin any
 *   moment. So chunks that end make room, and nothing but a split makes more of them.
 * - Until there is a count, or where every slot is taken, no more slices than slots are at work.
 * - A chunk that joined since divides what its parent had, or waits.
 */
export function partOf(
  { counted }: Pick<Control, 'counted'>,
  { pass, fence, joined }: Pick<ChunkRecord, 'pass' | 'fence' | 'joined'>,
  { deployed, wanted }: AtOnce,
): number {
  const count = counted?.pass === pass && counted.fence === fence ? counted : undefined
  const slices = Math.min(deployed, count?.slices ?? wanted)
  const isIn = !joined || slices === deployed || (count !== undefined && count.at > joined.at + skewMs)
  if (isIn) return 1 / slices
  return (count ? joined.part : joined.part || 1) / slices
}

/**
 * The part that each of `ways` children of a chunk takes until they are counted: together what their parent had.
 * @param parent as {@link partOf} takes it.
 */
export function partOfChild(
  control: Pick<Control, 'counted'>,
  parent: Parameters<typeof partOf>[1],
  ways: number,
  atOnce: AtOnce,
): number {
  const { joined: _, ...counted } = parent
  return partOf(control, parent, atOnce) / partOf(control, counted, atOnce) / ways
}
