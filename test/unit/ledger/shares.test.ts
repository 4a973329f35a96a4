import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Budget } from '../../../shared/dynamodb/budget.ts'
import { type ChunkRecord, newChunk } from '../../../shared/ledger/chunks.ts'
import type { Control } from '../../../shared/ledger/control.ts'
import { joinedBy, partOf, partOfChild, slicesOf, standingOf } from '../../../shared/ledger/shares.ts'

const fence = 3
const total = 1_000
const sliceMs = 900_000
/** How long a slice trusts what it has read of the control row. */
const trustedMs = 5_000

/** What happens to a random chunk, how long after what happened before. */
const happening = fc.record({
  afterMs: fc.nat(90_000),
  what: fc.constantFrom('ends', 'splits', 'dies', 'is abandoned', 'continues', 'doubles' as const),
  which: fc.nat(2_000),
  ways: fc.integer({ min: 2, max: 16 }),
})

const scene = fc.record({
  deployed: fc.integer({ min: 1, max: 30 }),
  wanted: fc.integer({ min: 1, max: 30 }),
  roots: fc.integer({ min: 1, max: 40 }),
  happenings: fc.array(happening, { maxLength: 25 }),
  seed: fc.nat(),
})

interface Slice {
  chunk: Leaf
  budget: Budget
  readsAt: number
  cost: number
  taken: number
  until: number
}

interface Leaf {
  row: ChunkRecord
  /** Its item of the Map, which ends with the last chunk below it. */
  root: number
  slice?: Slice
  /** When its next slice begins. */
  nextAt: number
}

/** Plays slices that always have work, on the clock of each second tenth, and returns what they have taken in all and each minute. */
function played({ deployed, wanted, roots, happenings, seed }: typeof scene extends fc.Arbitrary<infer T> ? T : never) {
  let state = seed + 1
  const random = () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
  let now = 1_000_000
  const atOnce = { deployed, wanted: Math.min(deployed, wanted) }
  const control: Pick<Control, 'counted'> = {}
  const row = (id: string): ChunkRecord =>
    newChunk('run', 'copy', id, { kind: 'segment', segment: 0, totalSegments: 1 }, now)
  let leaves: Leaf[] = Array.from({ length: roots }, (_, i) => ({ row: row(`s${i}`), root: i, nextAt: now }))
  const taken: number[] = []
  let ghosts: Slice[] = []
  const working = () => leaves.filter(({ slice }) => slice)
  const begin = (leaf: Leaf) => {
    const before = leaf.row
    const joined = joinedBy(before, fence, now)
    const { joined: _, ...rest } = before
    leaf.row = {
      ...rest,
      ...(joined && { joined }),
      slices: before.slices + 1,
      fence,
      updatedAt: now,
      deadline: now + sliceMs,
    }
    const budget = new Budget(() => now, total * partOf(control, leaf.row, atOnce))
    const isTakenOver = before.deadline !== undefined && before.deadline > now
    if (isTakenOver) budget.owe(10)
    leaf.slice = { chunk: leaf, budget, readsAt: now + random() * trustedMs, cost: 0, taken: 0, until: now + sliceMs }
  }
  const left = [...happenings]
  let happensAt = now + (left[0]?.afterMs ?? 0)
  let countsAt = now + 60_000 * (1 + random())
  const ends = now + 20 * 60_000
  for (; now < ends && leaves.length > 0; now += 200) {
    if (now >= countsAt) {
      const counts = { started: 0, queued: 0 }
      for (const leaf of leaves) {
        const standing = standingOf(leaf.row, now)
        if (standing) counts[standing]++
      }
      control.counted = { pass: 'copy', fence, slices: slicesOf(counts, atOnce), at: now }
      countsAt = now + 55_000 + random() * 10_000
    }
    if (now >= happensAt && left.length > 0) {
      const { what, which, ways } = left.shift()!
      happensAt = now + (left[0]?.afterMs ?? 0)
      const at = working()
      const leaf = at[which % Math.max(1, at.length)]
      if (leaf && what === 'ends') leaves = leaves.filter((each) => each !== leaf)
      if (leaf && what === 'splits' && partOf(control, leaf.row, atOnce) > 0) {
        const part = partOfChild(control, leaf.row, ways, atOnce)
        const children = Array.from(
          { length: ways },
          (_, i): Leaf => ({
            row: { ...row(`${leaf.row.id}.${i}`), joined: { at: now, part } },
            root: leaf.root,
            nextAt: now + 200,
          }),
        )
        leaves = [...leaves.filter((each) => each !== leaf), ...children]
      }
      // The machine has lost sight of its slice, which works until a checkpoint tells it that it is fenced.
      if (leaf?.slice && what === 'doubles') ghosts.push({ ...leaf.slice, until: now + 10_000 })
      if (leaf && what !== 'ends' && what !== 'splits') {
        delete leaf.slice
        if (what === 'continues') delete leaf.row.deadline
        leaf.row.updatedAt = now
        leaf.nextAt =
          now + (what === 'is abandoned' ? random() * 1_000_000 : what === 'doubles' ? 0 : random() * 60_000)
        // As one that was stopped, which somebody redrives much later.
        if (what === 'is abandoned') leaf.row.deadline = now + 60_000
      }
    }
    const slots = deployed - working().length - ghosts.length
    const inMap = new Set(leaves.filter(({ row: { slices, joined } }) => slices > 0 || joined).map(({ root }) => root))
    let free = slots
    for (const leaf of leaves) {
      if (leaf.slice || now < leaf.nextAt || free <= 0) continue
      if (!inMap.has(leaf.root) && inMap.size >= atOnce.wanted) continue
      inMap.add(leaf.root)
      begin(leaf)
      free--
    }
    let inTick = 0
    ghosts = ghosts.filter(({ until }) => now < until)
    for (const slice of [...ghosts, ...working().map((leaf) => leaf.slice!)]) {
      if (now >= slice.readsAt) {
        slice.budget.allow(total * partOf(control, slice.chunk.row, atOnce))
        slice.readsAt = now + trustedMs
        if (slice === slice.chunk.slice) slice.chunk.row.updatedAt = now
      }
      for (;;) {
        slice.cost ||= 1 + random() * 2 * slice.budget.rate
        if (slice.budget.take(slice.cost) > 0) break
        inTick += slice.cost
        slice.taken += slice.cost
        slice.cost = 0
      }
    }
    taken.push(inTick)
  }
  const perMinute: number[] = []
  let window = 0
  taken.forEach((units, i) => {
    window += units - (taken[i - 300] ?? 0)
    if (i >= 300) perMinute.push(window)
  })
  return { perMinute, minutes: taken.length / 300, all: taken.reduce((sum, units) => sum + units, 0) }
}

describe('Slices that share a budget', () => {
  it('never take more than 1.1 times of it in any minute, whatever begins, ends, splits and dies', () => {
    fc.assert(
      fc.property(scene, (all) => {
        const { perMinute } = played(all)
        expect(Math.max(0, ...perMinute)).toBeLessThanOrEqual(1.1 * total * 60)
      }),
      { numRuns: 15 },
    )
  }, 600_000)
})

describe('The share of a slice', () => {
  const row = { pass: 'copy', fence } as const
  const atOnce = { deployed: 40, wanted: 40 }
  const counted = (slices: number, at = 1_000_000) => ({ counted: { pass: 'copy' as const, fence, slices, at } })

  it('is a part for each slot until slices are counted, also after a count of another pass or lease', () => {
    expect(partOf({}, row, atOnce)).toBe(1 / 40)
    expect(partOf(counted(2), row, atOnce)).toBe(1 / 2)
    expect(partOf(counted(2), { ...row, pass: 'verify.1' }, atOnce)).toBe(1 / 40)
    expect(partOf(counted(2), { ...row, fence: fence + 1 }, atOnce)).toBe(1 / 40)
    expect(partOf({}, row, { deployed: 40, wanted: 10 })).toBe(1 / 10)
  })

  it('of a child is what its parent had, divided, until it is counted', () => {
    const part = partOfChild(counted(2), row, 4, atOnce)
    const child = { ...row, joined: { at: 1_000_000, part } }
    expect(partOf(counted(2), child, atOnce)).toBe(1 / 8)
    expect(partOfChild(counted(2), child, 2, atOnce)).toBe(1 / 8)
    expect(partOf(counted(5, 1_060_000), child, atOnce)).toBe(1 / 5)
    expect(partOf(counted(40), child, atOnce)).toBe(1 / 40)
  })

  it('of a chunk that seemed abandoned is nothing until it is counted', () => {
    const again = { ...row, joined: { at: 1_000_000, part: 0 } }
    expect(partOf(counted(2), again, atOnce)).toBe(0)
    expect(partOf(counted(2, 1_060_000), again, atOnce)).toBe(1 / 2)
    expect(partOf({}, again, atOnce)).toBe(1 / 40)
  })
})
