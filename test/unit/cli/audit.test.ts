import { describe, expect, it } from 'vitest'
import type { AuditEntry } from '../../../shared/ledger/audit.ts'
import type { CallsAnswer } from '../../../shared/operator/findings.ts'
import { memoryAuditLog } from '../../memory/audit-log.ts'
import { aRun, aSegment, start, store } from './fixtures.ts'
import { done, finished, setUp } from './set-up.ts'

async function audited(run: Parameters<typeof aRun>[0] = {}) {
  const made = setUp()
  const audit = memoryAuditLog()
  made.world.audit = audit
  const isDone = run.state === 'finished'
  await store(made.ledger, aRun(run), isDone ? done : [aSegment(0, 1)], { held: !isDone })
  const told = () => audit.rows().map(({ event, what }) => `${event} ${what}`)
  return { ...made, audit, told }
}

describe('The audit', () => {
  it('has a row before a command and one after, with who claims to have given it, why, and about which run', async () => {
    const { segue, audit, state } = await audited()
    expect(await segue('pause', '--reason', 'the backup runs')).toBe(0)
    const about = { what: 'pause', by: 'alice', why: 'the backup runs', run: 'run00001', at: state.now }
    const [asked, ended, ...more] = audit.rows()
    expect(asked).toEqual({ ...about, event: 'asked', id: asked!.id })
    expect(ended).toEqual({ ...about, event: 'done', id: asked!.id })
    expect(more).toEqual([])
  })

  it('says that a command was refused, or has failed', async () => {
    const { segue, told, world, state } = await audited({ ...finished })
    expect(await segue('pause')).toBe(2)
    state.now += 1_000
    expect(await segue('unlock', '--over', '7')).toBe(0)
    state.now += 1_000
    world.executions.start = () => Promise.reject(new Error('no network'))
    expect(await segue('verify')).toBe(1)
    expect(told().toSorted()).toEqual([
      'asked pause',
      'asked unlock --over 7',
      'asked verify',
      'done unlock --over 7',
      'failed verify',
      'refused pause',
    ])
  })

  it.each([
    ['pause --at 05:00Z', {}],
    ['abort --yes', {}],
    ['unlock --stop-owner --yes', {}],
    ['resume', {}],
    ['run --key nightly --ticked', {}],
    ['verify', finished],
    ['repair --yes', finished],
    ['index', finished],
    ['throttle --read-units 100', {}],
    ['capture off --yes', finished],
  ] as const)('has the command %s as it was given', async (command, run) => {
    const { segue, told } = await audited(run)
    await segue(...command.split(' '))
    expect(told()).toContain(`asked ${command}`)
    expect(told()).toHaveLength(2)
  })

  it.each([
    'status',
    'abort --dry-run',
    'run --dry-run',
    'unlock --dry-run',
    'report --json',
    'plan',
    'capture off --dry-run',
  ])('has no row of %s, which changes nothing', async (command) => {
    const { segue, told } = await audited({ ...finished })
    await segue(...command.split(' '))
    expect(told()).toEqual([])
  })

  it('that cannot be written keeps nobody from stopping a run, who is told so', async () => {
    const { segue, world, errors, lines } = await audited()
    world.audit = { ...memoryAuditLog(), add: () => Promise.reject(new Error('not allowed')) }
    expect(await segue('pause')).toBe(0)
    expect(lines.join()).toContain('is told to pause')
    expect(errors).toEqual(Array(2).fill('This command is not recorded in the audit: not allowed'))
  })
})

describe('segue audit', () => {
  const arn = (name: string) => `arn:aws:states:r:1:execution:Run:${name}`
  const rows: AuditEntry[] = [
    { at: start, id: 'a', event: 'asked', what: 'run', by: 'arn:alice' },
    { at: start + 1_000, id: 'r.1', event: 'entered', what: 'Copy', run: 'r', execution: arn('one') },
    {
      at: start + 2_000,
      id: 'r.2',
      event: 'entered',
      what: 'Interrupted',
      run: 'r',
      execution: arn('one'),
      why: 'its execution ended',
    },
  ]
  const calls: CallsAnswer = {
    outcome: 'answered',
    calls: [
      { at: start + 1_500, event: 'StopExecution', by: 'arn:bob', execution: arn('one') },
      // By Alice's command, of another machine, and before what is shown.
      { at: start + 500, event: 'StartExecution', by: 'arn:alice', execution: arn('one') },
      { at: start + 1_500, event: 'StopExecution', by: 'arn:bob', execution: 'arn:aws:states:r:1:execution:Other:x' },
      { at: start - 1, event: 'StopExecution', by: 'arn:bob', execution: arn('zero') },
    ],
  }

  async function shown(answer: CallsAnswer, ...flags: string[]) {
    const made = setUp()
    const audit = memoryAuditLog()
    for (const row of rows) await audit.add('beta', row)
    made.world.audit = audit
    made.world.askCalls = async () => answer
    expect(await made.segue('audit', ...flags)).toBe(0)
    return made.lines
  }

  it('shows commands, phases, and what was done in the console, in order', async () => {
    expect((await shown(calls)).slice(0, 5)).toEqual([
      '2026-11-21T01:00:00Z  asked    run  by arn:alice',
      '2026-11-21T01:00:01Z  entered  Copy  run r',
      '2026-11-21T01:00:01Z  console  StopExecution of one  by arn:bob',
      '2026-11-21T01:00:02Z  entered  Interrupted  run r: its execution ended',
      '',
    ])
  })

  it('says that the console is unknown where CloudTrail may not be asked', async () => {
    const lines = await shown({ outcome: 'answered', unknown: 'no permission cloudtrail:LookupEvents' })
    expect(lines).toContain('Starts and stops in the console: unknown (no permission cloudtrail:LookupEvents).')
  })

  it('gives programs the same, and marks who is claimed', async () => {
    const [line] = await shown(calls, '--json', '--most', '3')
    const { entries, console } = JSON.parse(line!)
    expect(entries[0]).toEqual({
      ...{
        at: '2026-11-21T01:00:00.000Z',
        id: 'a',
        event: 'asked',
        what: 'run',
        run: null,
        why: null,
        execution: null,
      },
      claimed: 'arn:alice',
    })
    expect(entries[1]).not.toHaveProperty('claimed')
    expect(console).toEqual([
      { at: '2026-11-21T01:00:01.500Z', event: 'StopExecution', by: 'arn:bob', execution: arn('one') },
    ])
    expect(JSON.parse((await shown({ outcome: 'answered', unknown: 'no' }, '--json'))[0]!).console).toBe('unknown')
  })

  it('is refused where an earlier version deployed the stack', async () => {
    const { segue, errors } = setUp()
    expect(await segue('audit')).toBe(2)
    expect(errors.join()).toContain('Deploy it again')
  })
})
