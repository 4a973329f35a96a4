import { describe, expect, it } from 'vitest'
import type { Head } from '../../../shared/ledger/heads.ts'
import { needsSettling } from '../../../shared/ledger/heads.ts'
import { type Claim, decide } from '../../../shared/live/decide.ts'
import { key, seq } from './world.ts'

const claim = (source: string, n: number, op: 'put' | 'delete' = 'put', quiet?: string): Claim => ({
  source,
  seq: seq(n),
  op,
  key: key('d'),
  quiet,
})
const head = (change: Partial<Head> = {}): Head => ({
  key: key('d'),
  op: 'put',
  sources: { a: seq(5) },
  contested: false,
  version: 3,
  ...change,
})

describe('a record meets the head of a destination key', () => {
  it('writes where there is none', () => {
    const head = { key: key('d'), op: 'put', sources: { a: seq(5) }, contested: false, version: 1 }
    expect(decide(undefined, claim('a', 5))).toEqual({ kind: 'write', head })
  })

  it('writes where it is newer than the last one of the same item', () => {
    const next = head({ op: 'delete', sources: { a: seq(6) }, version: 4 })
    expect(decide(head(), claim('a', 6, 'delete'))).toEqual({ kind: 'write', head: next })
  })

  it('does nothing when it has been here', () => {
    expect(decide(head(), claim('a', 5))).toEqual({ kind: 'applied' })
  })

  it('contests where it is older, and keeps the higher number', () => {
    expect(decide(head(), claim('a', 4))).toEqual({ kind: 'contest', head: head({ contested: true, version: 4 }) })
  })

  it.each([1, 9])('contests the head of another item whatever its number (%i)', (n) => {
    const next = head({ contested: true, sources: { a: seq(5), b: seq(n) }, version: 4 })
    expect(decide(head(), claim('b', n))).toEqual({ kind: 'contest', head: next })
  })

  it('contests a contested and settled head again, so that it is settled again', () => {
    const settled = head({ contested: true, sources: { a: seq(5), b: seq(1) }, settled: 'q' })
    const next = head({ contested: true, sources: { a: seq(6), b: seq(1) }, version: 4 })
    expect(decide(settled, claim('a', 6))).toEqual({ kind: 'contest', head: next })
  })

  it('changes nothing of a contested head that knows the record already', () => {
    const contested = head({ contested: true })
    for (const n of [4, 5]) expect(decide(contested, claim('a', n))).toEqual({ kind: 'contested', head: contested })
  })
})

describe('what needs settling', () => {
  it('is a delete or a contested put that was not settled in this quiet period', () => {
    expect(needsSettling(head(), 'q')).toBe(false)
    for (const open of [head({ op: 'delete' }), head({ contested: true })]) {
      expect(needsSettling(open, 'q')).toBe(true)
      expect(needsSettling({ ...open, settled: 'q' }, 'q')).toBe(false)
      expect(needsSettling({ ...open, settled: 'earlier' }, 'q')).toBe(true)
    }
  })

  it('is no delete that was born while quiet', () => {
    const born = decide(undefined, claim('a', 5, 'delete', 'q'))
    expect(born).toMatchObject({ kind: 'write', head: { settled: 'q' } })
  })

  it('is a delete that was written over a settled one before the next quiet period', () => {
    const next = decide(head({ op: 'delete', settled: 'q' }), claim('a', 6, 'delete'))
    expect('head' in next && needsSettling(next.head, 'q')).toBe(true)
  })
})
