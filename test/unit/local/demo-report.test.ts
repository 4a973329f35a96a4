import { describe, expect, it } from 'vitest'
import { notesOf, problemsOf, type Report } from '../../../local/demo/report.ts'
import { noTallies } from '../../../shared/ledger/tallies.ts'

const good: Report = {
  items: 100,
  changes: { puts: 3, updates: 2, deletes: 1 },
  drained: true,
  resumed: 0,
  differences: { live: false, drained: false },
  tallies: { ...noTallies, read: 100, migrated: 99, quarantined: 1, produced: 99, written: 99 },
  chunks: 40,
  splits: 1,
  maxDepth: 1,
  timedOutSlices: 0,
  quarantined: 1,
  equal: true,
  seconds: 60,
  totalSeconds: 90,
  sliceSeconds: 6,
  concurrency: 10,
  seed: 1,
  split: true,
  hotKeySeconds: 20,
}

describe('The demo’s report', () => {
  it('has nothing to say of a run that showed everything', () => {
    expect(problemsOf(good, ['a'], ['a'])).toEqual([])
    expect(notesOf(good)).toEqual([])
  })

  it.each<[string, Partial<Report>]>([
    ['slices ran into their limit', { timedOutSlices: 3 }],
    ['no key was split', { splits: 0 }],
    ['the run halted and was resumed', { resumed: 2 }],
    ['nothing was written meanwhile', { changes: { puts: 0, updates: 0, deletes: 0 } }],
    ['verify was ahead of live changes', { differences: { live: true, drained: false } }],
  ])('notes that %s, and does not call the result wrong', (_, seen) => {
    expect(problemsOf({ ...good, ...seen }, ['a'], ['a'])).toEqual([])
    expect(notesOf({ ...good, ...seen })).toHaveLength(1)
  })

  it.each<[string, Partial<Report>]>([
    ['the destination is not equal', { equal: false }],
    ['the tallies do not close', { tallies: { ...good.tallies, migrated: 98 } }],
    ['verify still finds differences', { differences: { live: true, drained: true } }],
    ['changes are not applied', { drained: false }],
  ])('calls the result wrong when %s', (_, wrong) => {
    expect(problemsOf({ ...good, ...wrong }, ['a'], ['a'])).toHaveLength(1)
  })

  it('calls the result wrong when other items are quarantined than those made to be', () => {
    expect(problemsOf(good, ['a'], ['b'])).toHaveLength(1)
  })

  it('notes nothing of splits where none were asked for', () => {
    expect(notesOf({ ...good, split: false, splits: 0 })).toEqual([])
  })
})
