import { describe, expect, it } from 'vitest'
import type { FindingsAnswer, FindingsQuestion } from '../../../shared/operator/findings.ts'
import type { NoAnswer } from '../../../shared/operator/plan/pending.ts'
import { setUp, version } from './set-up.ts'

const since = Date.UTC(2026, 10, 20, 22, 0, 0)
const backup = {
  ...{ probe: 'backups', what: 'Backup nightly of alpha is being made', whose: 'arn:cron', since },
  ...{ blocks: false, clear: 'Wait.' },
}
const importing = {
  probe: 'table state',
  what: 'Table beta is CREATING',
  blocks: true,
  error: 'table-not-ready',
  clear: 'Wait.',
} as const
const denied = { probe: 'exports', what: 'It is not known', blocks: false, unknown: true, clear: 'Allow it.' } as const

function preflight(answer: FindingsAnswer | NoAnswer, deployed: string | undefined = version) {
  const made = setUp()
  const asked: FindingsQuestion[] = []
  made.world.askFindings = async (question) => {
    asked.push(question)
    return answer
  }
  if (deployed !== undefined) made.world.deployment.version = deployed
  return { ...made, asked }
}

describe('segue preflight', () => {
  it('says that nothing stands in the way', async () => {
    const { segue, lines } = preflight({ outcome: 'answered', findings: [] })
    expect(await segue('preflight')).toBe(0)
    expect(lines).toEqual([
      'From alpha to beta, in stack Night (account 000000000000, region us-east-1)',
      '',
      'A run would begin, and nothing stands beside it.',
    ])
  })

  it('shows what blocks first, with whose it is and since when, and ends with 2', async () => {
    const { segue, lines } = preflight({ outcome: 'answered', findings: [backup, denied, importing] })
    expect(await segue('preflight')).toBe(2)
    expect(lines.slice(2)).toEqual([
      'BLOCKS   Table beta is CREATING.',
      '         Wait.',
      '',
      'note     Backup nightly of alpha is being made.',
      '         Since 2026-11-20T22:00:00Z (3h 1m), by arn:cron.',
      '         Wait.',
      '',
      'UNKNOWN  It is not known.',
      '         Allow it.',
      '',
      'A run would be refused: 1 finding blocks it.',
    ])
  })

  it('ends with 0 where nothing blocks, and gives programs the same', async () => {
    const { segue, lines, asked } = preflight({ outcome: 'answered', findings: [backup, denied] })
    expect(await segue('preflight', '--json', '--resume', '--ticked')).toBe(0)
    expect(asked).toEqual([{ resume: true, ticked: true }])
    expect(JSON.parse(lines[0]!)).toEqual({
      verdict: 'ready',
      findings: [
        { ...backup, since: '2026-11-20T22:00:00.000Z', unknown: false, error: null },
        { ...denied, whose: 'unknown', since: 'unknown', error: null },
      ],
    })
  })

  it('names a stack of another version, which does not block', async () => {
    const { segue, lines } = preflight({ outcome: 'answered', findings: [] }, '0.0.1')
    expect(await segue('preflight')).toBe(0)
    expect(lines.join('\n')).toContain(`The stack is of version 0.0.1, and this command of version ${version}`)
  })

  it('is blocked where the function refuses', async () => {
    const answer: NoAnswer = { outcome: 'refused', error: 'migrations-module', cause: 'They do not load.' }
    const { segue, lines } = preflight(answer)
    expect(await segue('preflight', '--json')).toBe(2)
    expect(JSON.parse(lines[0]!)).toMatchObject({
      verdict: 'blocked',
      findings: [{ what: 'They do not load', blocks: true }],
    })
  })

  it.each<[string, NoAnswer, string]>([
    ['does not respond', { outcome: 'unknown', reason: 'no permission lambda:InvokeFunction on f' }, version],
    [
      'is of a version that does not know the question',
      { outcome: 'refused', error: 'invalid-options', cause: 'Invalid run input: expected an object.' },
      '0.0.1',
    ],
  ])('has no result where the function %s, and ends with 2', async (_, answer, deployed) => {
    const asJson = preflight(answer, deployed)
    expect(await asJson.segue('preflight', '--json')).toBe(2)
    expect(JSON.parse(asJson.lines[0]!)).toMatchObject({
      verdict: 'unknown',
      findings: expect.arrayContaining([
        expect.objectContaining({ probe: 'preflight function', blocks: false, unknown: true }),
      ]),
    })
    const asPage = preflight(answer, deployed)
    expect(await asPage.segue('preflight')).toBe(2)
    expect(asPage.lines.at(-1)).toBe('It is not known whether a run would begin.')
  })

  it('is blocked where a function of the same version finds the options invalid', async () => {
    const answer: NoAnswer = { outcome: 'refused', error: 'invalid-options', cause: 'Invalid options.' }
    expect(await preflight(answer).segue('preflight')).toBe(2)
    const { segue, lines } = preflight(answer)
    await segue('preflight', '--json')
    expect(JSON.parse(lines[0]!)).toMatchObject({ verdict: 'blocked' })
  })
})

describe('segue run --ticked', () => {
  it('tells the execution that the checklist is done', async () => {
    const { segue, started } = setUp()
    await segue('run', '--ticked')
    expect(started).toMatchObject([{ ticked: true }])
  })
})
