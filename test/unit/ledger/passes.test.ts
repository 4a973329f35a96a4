import { describe, expect, it } from 'vitest'
import { openSums, sumsOf } from '../../../shared/facts/sums.ts'
import {
  isPassPhase,
  kindOf,
  type PassEntry,
  type PassKind,
  type Phase,
  type PhaseEntry,
  passes,
  passIdOf,
  passKinds,
  phases,
  verificationPasses,
} from '../../../shared/ledger/passes.ts'
import { noTallies, type Tallies } from '../../../shared/ledger/tallies.ts'

describe('the table of passes and phases', () => {
  it.each(passKinds)('shows the numbers of %s while its phase lasts', (kind) => {
    const { phase } = passes[kind]
    expect(isPassPhase(phase)).toBe(true)
    expect(phases[phase].shows).toBe(kind)
  })

  it('lists passes and their phases in the same order', () => {
    const names = Object.keys(phases)
    const order = passKinds.map((kind) => names.indexOf(passes[kind].phase))
    expect(order).toEqual(order.toSorted((a, b) => a - b))
  })

  it('numbers the passes of a verification and of a build, and no other', () => {
    const run = { verification: { number: 3 }, index: { build: 2 } }
    expect(passKinds.map((kind) => passIdOf(run, kind))).toEqual(['copy', 'verify.3', 'orphans.3', 'index.2'])
    expect(passKinds.map((kind) => kindOf(passIdOf(run, kind)))).toEqual(passKinds)
  })

  it('counts each finding in one pass only, so that none is counted twice', () => {
    const findings = verificationPasses.flatMap((kind) => passes[kind].findings)
    expect(new Set(findings).size).toBe(findings.length)
  })

  it('does not compile without an entry for each pass, or with an entry that lacks a field', () => {
    const { copy, verify, index } = passes
    // @ts-expect-error: a pass without an entry.
    const missing: Record<PassKind, PassEntry> = { copy, verify, index }
    const { label: _, ...unlabelled } = copy
    // @ts-expect-error: a pass without a label.
    const lacksLabel: PassEntry = unlabelled
    const { sums: __, ...unsummed } = copy
    // @ts-expect-error: a pass without sums.
    const lacksSums: PassEntry = unsummed
    const { expected: ___, ...unexpected } = copy
    // @ts-expect-error: a pass of which nobody knows how many items to expect.
    const lacksExpectation: PassEntry = unexpected
    // @ts-expect-error: a pass in a phase that is not in the table.
    const elsewhere: PassEntry = { ...copy, phase: 'Indexing' }
    const { findings: ____, ...silent } = verify
    // @ts-expect-error: a pass of a verification without findings.
    const lacksFindings: PassEntry = silent
    const { shows: _____, ...blank } = phases.Copy
    // @ts-expect-error: a phase that shows no pass.
    const lacksPass: PhaseEntry = blank
    // @ts-expect-error: a phase that is not in the table.
    const phase: Phase = 'Indexing'
    expect([missing, lacksLabel, lacksSums, lacksExpectation, elsewhere, lacksFindings, lacksPass, phase]).toHaveLength(
      8,
    )
  })
})

describe('the sums of a pass', () => {
  const tallies = (change: Partial<Tallies>): Tallies => ({ ...noTallies, ...change })

  it('close when the parts are the total', () => {
    expect(
      openSums('copy', tallies({ read: 3, migrated: 2, dropped: 1, produced: 2, written: 1, present: 1 })),
    ).toEqual([])
    expect(openSums('verify', tallies({ read: 1, untouched: 1, produced: 1, missing: 1 }))).toEqual([])
    expect(openSums('orphans', tallies({ read: 3, orphan: 1, unchecked: 2 }))).toEqual([])
  })

  it('name what does not close', () => {
    expect(openSums('copy', tallies({ read: 2, migrated: 1, produced: 1, written: 1 }))).toEqual([
      'read 2 ≠ migrated + untouched + dropped + quarantined 1',
    ])
    expect(openSums('verify', tallies({ produced: 1 }))).toEqual(['produced 1 ≠ present + missing + different 0'])
    expect(openSums('orphans', tallies({ read: 1, orphan: 2 }))).toEqual(['read 1 < orphan + unchecked 2'])
  })

  it('do not count what only another pass can find', () => {
    expect(openSums('copy', tallies({ produced: 1, missing: 1 }))).toHaveLength(1)
    expect(sumsOf('verify', tallies({ written: 1 }))[1]).toMatchObject({ added: 0 })
  })
})
