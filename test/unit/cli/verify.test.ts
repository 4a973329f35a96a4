import { describe, expect, test } from 'vitest'
import { runCli } from '../../../cli/program.ts'
import { createChunks } from '../../../shared/ledger/chunks.ts'
import { type Difference, recordDifferences } from '../../../shared/ledger/differences.ts'
import { updateRun } from '../../../shared/ledger/runs.ts'
import { aRun, aSegment, aWalk, memoryTerminal, memoryWorld, start, store } from './fixtures.ts'

function setUp() {
  const memory = memoryWorld()
  const output = memoryTerminal()
  const segue = (...args: string[]) => runCli(args, { open: async () => memory.world, terminal: output.terminal })
  return { ...memory, ...output, segue }
}

const copied = [aSegment(0, 600, { state: 'done' }), aSegment(1, 400, { state: 'done' })]
const done = [...copied, ...aWalk('verify.2', { read: 600 }), ...aWalk('orphans.2', {})]
const verification = { number: 2, ended: true }
/** The first page of the verification. */
const place = { pass: 'verify.2', chunk: 's00000', epoch: 1, before: 0 } as const
const finished = { state: 'finished', phase: 'Finished', endedAt: start + 50_000, verification } as const

function difference(n: number, kind: Difference['kind'], ...attributes: string[]): Difference {
  const key = { pk: { S: `case|${n}` }, sk: { S: 'a' } }
  return { kind, key, sources: [key], attributes, at: start }
}

describe('segue verify, segue repair and segue index', () => {
  test.each([
    ['verify', []],
    ['repair', ['--yes']],
    ['index', []],
  ] as const)('%s starts the run machine with only that to do', async (only, flags) => {
    const { segue, started, ledger, meanwhile, lines } = setUp()
    await store(ledger, aRun({ ...finished }), done, { held: false })
    meanwhile.push(() => store(ledger, aRun({ id: 'run00002', execution: 'arn:run:new' }), []))
    expect(await segue(only, ...flags)).toBe(0)
    expect(started).toEqual([{ only }])
    expect(lines.at(-1)).toBe('Run run00002. Watch it with: segue watch')
  })

  test('verify --wait ends with 6 when it finds differences', async () => {
    const { segue, ledger, meanwhile } = setUp()
    await store(ledger, aRun({ ...finished, verification: { number: 1, ended: true } }), copied, { held: false })
    const walks = [...aWalk('verify.2', { different: 1 }), ...aWalk('orphans.2', {})]
    meanwhile.push(async () => {
      await createChunks(ledger, walks)
      await updateRun(ledger, 'run00001', (run) => ({ ...run, ...finished, execution: 'arn:run:new' }))
    })
    expect(await segue('verify', '--wait')).toBe(6)
  })

  test.each(['verify', 'repair', 'index'])('%s of a run that is not finished is refused with 2', async (command) => {
    const { segue, started, errors } = setUp()
    expect(await segue(command, '--wait')).toBe(2)
    expect(started).toEqual([])
    expect(errors).toEqual([
      `The run was refused (nothing-to-verify): There is no finished run into beta to ${command}. Finish one first; \`segue status\` shows where the last one stands.`,
    ])
  })

  test('what only the state machine can refuse is refused with 2 as well', async () => {
    const { segue, ledger, views, errors } = setUp()
    await store(ledger, aRun(finished), done, { held: false })
    views['arn:run:new'] = { status: 'ended', ended: 'FAILED', error: 'code-changed', cause: 'Deploy those.' }
    expect(await segue('verify', '--wait')).toBe(2)
    expect(errors).toEqual(['The run was refused (code-changed): Deploy those.'])
  })

  test('repair --dry-run says what it would rebuild, and starts nothing', async () => {
    const { segue, started, ledger, lines } = setUp()
    await store(ledger, aRun({ ...finished }), done, { held: false })
    const two = [difference(1, 'missing'), difference(2, 'different', 'status')]
    await recordDifferences(ledger, 'run00001', 2, two, place)
    expect(await segue('repair', '--dry-run')).toBe(0)
    expect(started).toEqual([])
    expect(lines).toEqual([
      'Would rebuild 2 keys of beta from alpha, in stack Night (account 000000000000, region us-east-1)',
      '       1  different: status',
      '       1  missing',
    ])
    lines.length = 0
    await segue('repair', '--dry-run', '--json')
    expect(JSON.parse(lines[0]!)).toMatchObject({ run: 'run00001', keys: 2, groups: [{ kind: 'different' }, {}] })
  })

  test('repair --dry-run says how many orphans it would delete', async () => {
    const { segue, ledger, lines } = setUp()
    await store(ledger, aRun({ ...finished }), done, { held: false })
    const found = [difference(1, 'missing'), difference(2, 'orphan'), difference(3, 'orphan')]
    await recordDifferences(ledger, 'run00001', 2, found, place)
    expect(await segue('repair', '--dry-run')).toBe(0)
    expect(lines).toEqual([
      'Would rebuild 3 keys of beta from alpha, in stack Night (account 000000000000, region us-east-1)',
      '       2  orphan',
      '       1  missing',
      'Would delete 2 orphans, unless a source item makes them by then',
    ])
  })

  test('repair --dry-run says that it would be refused', async () => {
    const { segue, ledger, errors } = setUp()
    await store(ledger, aRun({ state: 'stopped', because: 'halted', verification }), done, { held: false })
    expect(await segue('repair', '--dry-run')).toBe(2)
    expect(errors[0]).toMatch(/^Would be refused \(nothing-to-verify\): There is no finished run into beta/)
  })
})

describe('segue diff', () => {
  const some = [
    difference(3, 'different', 'updatedAt', 'status'),
    difference(2, 'different', 'status', 'updatedAt'),
    difference(1, 'orphan'),
  ]

  test('groups by kind and attributes, without keys', async () => {
    const { segue, ledger, lines } = setUp()
    await store(ledger, aRun({ ...finished }), [
      ...copied,
      ...aWalk('verify.2', { read: 600 }),
      ...aWalk('orphans.2', { orphan: 1, unchecked: 12 }),
    ])
    await recordDifferences(ledger, 'run00001', 1, [difference(9, 'missing')], { ...place, pass: 'verify.1' })
    await recordDifferences(ledger, 'run00001', 2, some, place)
    expect(await segue('diff')).toBe(6)
    expect(lines).toEqual([
      'Run run00001, verification 2: 3 differences',
      '       2  different: status, updatedAt',
      '       1  orphan',
      'Orphans not checked for 12 items: a migration without an inverse, or whose inverse fails, may have made them',
      'Mend with: segue repair --wait',
    ])
  })

  test('lists keys only when asked', async () => {
    const { segue, ledger, lines } = setUp()
    await store(ledger, aRun({ ...finished }), done)
    await recordDifferences(ledger, 'run00001', 2, some, place)
    await segue('diff', '--keys')
    expect(lines.slice(1, -1)).toEqual([
      '       2  different: status, updatedAt',
      '            case|2  a',
      '            case|3  a',
      '       1  orphan',
      '            case|1  a',
    ])
    lines.length = 0
    await segue('diff', '--json')
    expect(lines).toHaveLength(1)
    expect(lines[0]).not.toContain('case|')
    await segue('diff', '--json', '--keys')
    expect(lines.slice(2).map((line) => JSON.parse(line).key.pk)).toEqual(
      expect.arrayContaining(['S:case|1', 'S:case|2', 'S:case|3']),
    )
  })

  test('says that a verification under way may find more, and does not call it clean', async () => {
    const { segue, ledger, lines } = setUp()
    await store(ledger, aRun({ phase: 'Verify', verification: { number: 2, ended: false } }), done)
    expect(await segue('diff')).toBe(2)
    expect(lines).toEqual(['Run run00001, verification 2 (not ended: there may be more): 0 differences'])
    await recordDifferences(ledger, 'run00001', 2, some, place)
    expect(await segue('diff')).toBe(6)
  })

  test('ends with 0 where the verification has ended and found nothing', async () => {
    const { segue, ledger } = setUp()
    await store(ledger, aRun({ ...finished }), done)
    expect(await segue('diff')).toBe(0)
  })

  test('says that nothing was verified, or ever run', async () => {
    const { segue, ledger, errors } = setUp()
    expect(await segue('diff')).toBe(2)
    await store(ledger, aRun(), done)
    expect(await segue('diff')).toBe(2)
    expect(errors).toEqual([
      'There was never a run into beta. Start one with: segue run',
      'Run run00001 has not reached its verification yet. See: segue status',
    ])
  })
})
