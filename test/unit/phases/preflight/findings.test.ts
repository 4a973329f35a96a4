import { describe, expect, it } from 'vitest'
import { beginCapture, endCapture } from '../../../../shared/ledger/capture.ts'
import { changeControl, withCommand } from '../../../../shared/ledger/control.ts'
import { readLease, writeLease } from '../../../../shared/ledger/lease.ts'
import { allFindings, refuseByFindings } from '../../../../shared/phases/preflight/ask.ts'
import type { Operations } from '../../../../shared/phases/preflight/operations.ts'
import { aRun, start, store } from '../../cli/fixtures.ts'
import { type Situation, subject } from './subject.ts'

const hour = 3_600_000
const night = Date.UTC(2026, 10, 21, 0, 0, 0)

/** Recorded answers, each of which makes one finding. */
const recorded: [name: string, situation: Situation, found: object][] = [
  [
    'an import',
    {
      destination: { status: 'CREATING' },
      operations: {
        imports: async (arn) => (arn.endsWith('beta') ? [{ arn: 'i', from: 's3://dumps/beta', since: night }] : []),
        calls: async (event) =>
          event === 'ImportTable'
            ? [{ by: 'arn:aws:sts::1:assumed-role/ops/dora', at: night + 1, tables: ['beta'] }]
            : [],
      },
    },
    {
      probe: 'table state',
      what: 'Table beta is CREATING: it is being imported from s3://dumps/beta',
      ...{ whose: 'arn:aws:sts::1:assumed-role/ops/dora', since: night, blocks: true, error: 'table-not-ready' },
    },
  ],
  [
    'a restore',
    { destination: { status: 'CREATING', restored: true } },
    { what: 'Table beta is CREATING: it is being restored', blocks: true, error: 'table-not-ready' },
  ],
  [
    'a table that is being deleted',
    { source: { status: 'DELETING' } },
    { what: 'Table alpha is DELETING', blocks: true, error: 'table-not-ready' },
  ],
  [
    'time to live at the destination',
    { operations: { timeToLive: async () => ({ on: true, attribute: 'gone' }) } },
    {
      probe: 'time to live',
      ...{ blocks: true, error: 'time-to-live-on' },
      clear: expect.stringContaining(
        '`aws dynamodb update-time-to-live --table-name beta --time-to-live-specification Enabled=false,AttributeName=gone`',
      ),
    },
  ],
  [
    'a checklist that is not ticked',
    { options: { checklist: 'docs/tonight.md' } },
    { what: 'The checklist docs/tonight.md is not ticked', blocks: true, error: 'checklist-not-ticked' },
  ],
  [
    'a backup',
    {
      operations: {
        backups: async (table) => (table === 'alpha' ? [{ name: 'nightly', since: night }] : []),
        calls: async (event) =>
          event === 'CreateBackup'
            ? [
                { by: 'arn:eve', at: night + 5, tables: ['other'] },
                { by: 'arn:cron', at: night, tables: ['arn:aws:dynamodb:r:1:table/alpha/backup/0169'] },
              ]
            : [],
      },
    },
    { what: 'Backup nightly of alpha is being made', whose: 'arn:cron', since: night, blocks: false },
  ],
  [
    'an export',
    { operations: { exports: async (arn) => (arn.endsWith('alpha') ? ['arn:export'] : []) } },
    { what: 'An export of alpha to S3 is running (arn:export)', blocks: false },
  ],
  [
    'a job of AWS Backup',
    {
      operations: {
        backupJobs: async (arn) =>
          arn.endsWith('beta') ? [{ id: 'J1', state: 'RUNNING', by: 'arn:plan', since: night }] : [],
      },
    },
    {
      ...{ what: 'Backup job J1 of beta is RUNNING', whose: 'arn:plan', since: night, blocks: false },
      clear: expect.stringContaining('`aws backup stop-backup-job --backup-job-id J1`'),
    },
  ],
  [
    'a second function that reads the stream',
    {
      operations: {
        streamReaders: async () => [
          { mapping: 'ours', functionArn: 'arn:aws:lambda:r:1:function:live' },
          { mapping: 'theirs', functionArn: 'arn:aws:lambda:r:1:function:indexer' },
        ],
      },
    },
    {
      what: expect.stringContaining('has 3 during a run: live changes, Drain, indexer'),
      ...{ blocks: false, clear: expect.stringContaining('--uuid theirs --no-enabled') },
    },
  ],
  [
    'a stream of a global table, which serves one reader',
    { source: { replicas: ['eu-west-2'] } },
    { probe: 'stream readers', what: expect.stringContaining('serves 1 readers well, and has 2'), blocks: false },
  ],
  [
    'an index that is being built',
    { destination: { indexes: [{ name: 'byDay', kind: 'global', keys: [], projected: 'all', building: true }] } },
    { what: 'Index byDay of beta is being built', blocks: false },
  ],
  [
    'auto scaling of what a run writes',
    {
      operations: {
        scaling: async () => [
          { dimension: 'read', least: 5, most: 5 },
          { dimension: 'write', least: 5, most: 900 },
        ],
      },
    },
    {
      what: expect.stringContaining('gives beta 5 to 900 write units'),
      ...{ blocks: false, clear: expect.stringContaining('--min-capacity 900') },
    },
  ],
  [
    'replicas of the destination',
    { destination: { replicas: ['eu-west-2'] } },
    { probe: 'replicas', what: expect.stringContaining('replicas in eu-west-2'), blocks: false },
  ],
  [
    'a stream that is off',
    { source: { stream: undefined as never } },
    { probe: 'stream', what: expect.stringContaining('The stream of alpha is turned off'), error: 'no-stream' },
  ],
]

describe('Preflight', () => {
  it('finds nothing where nothing stands in the way', async () => {
    expect(await allFindings((await subject()).subject)).toEqual([])
  })

  it.each(recorded)('finds %s, with whose it is, since when and what to do', async (_, situation, found) => {
    expect(await allFindings((await subject(situation)).subject)).toMatchObject([found])
  })

  it.each(recorded)('lets %s block a run only if it would fail it', async (_, situation, found) => {
    const { subject: asked } = await subject(situation)
    const outcome = await refuseByFindings(asked).then(
      (findings) => findings.map(({ what }) => what),
      ({ code }) => code,
    )
    const { blocks, error, what } = found as { blocks?: boolean; error?: string; what: string }
    expect(outcome).toEqual(error ?? (blocks ? 'blocked' : [what ?? expect.anything()]))
  })

  const denied: Record<string, string> = {
    backups: 'dynamodb:ListBackups',
    exports: 'dynamodb:ListExports',
    backupJobs: 'backup:ListBackupJobs',
    streamReaders: 'lambda:ListEventSourceMappings',
    timeToLive: 'dynamodb:DescribeTimeToLive',
    scaling: 'application-autoscaling:DescribeScalableTargets',
  } satisfies Partial<Record<keyof Operations, string>>

  it.each(Object.entries(denied))('warns that it does not know, where %s may not be asked', async (name, action) => {
    const operations = { [name]: async () => ({ unanswered: 'denied', action }) }
    const { subject: asked } = await subject({ operations })
    const [finding, ...more] = await refuseByFindings(asked)
    expect(more).toEqual([])
    expect(finding).toMatchObject({
      unknown: true,
      blocks: false,
      clear: expect.stringContaining(`Allow the preflight function ${action}`),
    })
    expect(finding?.what).toContain(`no permission ${action}`)
  })

  it('asks the services side by side, so that several out of reach cost one time limit', async () => {
    const names = Object.keys(denied)
    const asked = new Set<string>()
    let answer = () => {}
    const allAsked = new Promise<void>((resolve) => {
      answer = resolve
    })
    const unanswered = names.map((name) => [
      name,
      async () => {
        asked.add(name)
        if (asked.size === names.length) answer()
        await allAsked
        return { unanswered: 'TimeoutError', action: denied[name] }
      },
    ])
    const { subject: made } = await subject({ operations: Object.fromEntries(unanswered) })
    expect(await refuseByFindings(made)).toHaveLength(names.length)
  })

  const twoBackups = async (table: string) => [{ name: `${table}1` }, { name: `${table}2` }]

  it('asks CloudTrail no more once it has not answered', async () => {
    let lookUps = 0
    const calls: Operations['calls'] = async () => {
      lookUps++
      return { unanswered: 'TimeoutError', action: 'cloudtrail:LookupEvents' }
    }
    const { subject: asked } = await subject({ operations: { backups: twoBackups, calls } })
    expect(await refuseByFindings(asked)).toHaveLength(4)
    expect(lookUps).toBe(1)
  })

  it('begins no look-up in CloudTrail ten seconds after the first question', async () => {
    let lookUps = 0
    const made = await subject({ operations: { backups: twoBackups } })
    made.subject.operations.calls = async () => {
      lookUps++
      made.state.now += 6_000
      return []
    }
    expect(await refuseByFindings(made.subject)).toHaveLength(4)
    expect(lookUps).toBe(2)
  })

  it('refuses a table that is not ready, although nobody may ask what fills it or who did it', async () => {
    const unanswered = async () => ({ unanswered: 'denied', action: 'a' })
    const { subject: asked } = await subject({
      destination: { status: 'CREATING' },
      operations: { imports: unanswered, calls: unanswered },
    })
    await expect(refuseByFindings(asked)).rejects.toMatchObject({
      code: 'table-not-ready',
      message: 'Table beta is CREATING. Wait until it is ACTIVE and start again.',
    })
  })

  it('says in the refusal who did it and since when', async () => {
    const { subject: asked } = await subject(recorded[0]![1])
    await expect(refuseByFindings(asked)).rejects.toMatchObject({
      message:
        'Table beta is CREATING: it is being imported from s3://dumps/beta (since 2026-11-21T00:00:00Z (1h 1m), by arn:aws:sts::1:assumed-role/ops/dora). Wait until it is ACTIVE and start again.',
    })
  })

  it.each([{ only: 'verify' }, { only: 'repair' }, { resume: true }])(
    'of %j asks for no checklist and no empty destination',
    async (request) => {
      const { subject: asked, tables } = await subject({ request, options: { checklist: 'x' } })
      tables.beta.store({ pk: { S: 'a' }, sk: { S: 'a' } })
      expect(await refuseByFindings(asked)).toEqual([])
    },
  )

  it('of a verification takes time to live that was turned on after the run', async () => {
    const operations = { timeToLive: async () => ({ on: true }) }
    expect(await refuseByFindings((await subject({ request: { only: 'verify' }, operations })).subject)).toEqual([])
  })

  it('of a resume notes time to live that was turned on since, and goes on', async () => {
    const operations = { timeToLive: async () => ({ on: true, attribute: 'gone' }) }
    const { subject: asked } = await subject({ request: { resume: true }, operations })
    expect(await refuseByFindings(asked)).toMatchObject([
      { probe: 'time to live', what: expect.stringContaining('on at beta (attribute gone)'), blocks: false },
    ])
  })

  it('waits for time to live that is being turned off', async () => {
    const operations = { timeToLive: async () => ({ on: true, ending: true as const, attribute: 'gone' }) }
    await expect(refuseByFindings((await subject({ operations })).subject)).rejects.toMatchObject({
      code: 'time-to-live-on',
      message: expect.stringContaining('Wait until `aws dynamodb describe-time-to-live --table-name beta`'),
    })
  })

  it('takes a checklist that somebody has ticked', async () => {
    const options = { checklist: 'docs/tonight.md' }
    expect(await allFindings((await subject({ options, request: { ticked: true } })).subject)).toEqual([])
  })

  it('finds items in the destination, and a page that takes too long', async () => {
    const { subject: asked, tables, state } = await subject({ options: { sliceSeconds: 5 } })
    tables.beta.store({ pk: { S: 'a' }, sk: { S: 'a' } })
    const scan = tables.alpha.scan.bind(tables.alpha)
    tables.alpha.scan = (request) => {
      state.now += 1_000
      return scan(request)
    }
    expect(await allFindings(asked)).toMatchObject([
      { error: 'destination-not-empty', what: 'Table beta already holds items' },
      { error: 'slice-too-short', clear: expect.stringContaining('at least 6') },
    ])
  })
})

describe('Preflight of a command', () => {
  const by = 'arn:aws:sts::1:assumed-role/dev/alice'

  async function withRun(situation: Situation, run = {}) {
    const made = await subject(situation)
    await store(made.ledger, aRun(run), [])
    await changeControl(made.ledger, 'run00001', (control) =>
      withCommand(control, 'run', { verb: 'run', by, at: start }),
    )
    return made
  }

  it('names the run that holds the destination, who began it, and since when', async () => {
    const { subject: asked } = await withRun({ owner: 'running' })
    expect(await allFindings(asked)).toMatchObject([
      {
        ...{ probe: 'another run', whose: by, since: start, blocks: true, error: 'run-in-progress' },
        what: 'Run run00001 holds beta; its execution is arn:run:one',
        clear: expect.stringContaining('`segue unlock --stop-owner`'),
      },
    ])
  })

  it('lets an owner that has ended not block, but one of which Step Functions says nothing, as Lease does', async () => {
    const ended = await withRun({ owner: 'ended' })
    expect(await allFindings(ended.subject)).toMatchObject([
      { blocks: false, clear: expect.stringContaining('segue unlock') },
    ])
    const unknown = await withRun({ owner: 'unknown' })
    expect(await allFindings(unknown.subject)).toMatchObject([{ blocks: true, error: 'run-in-progress' }])
  })

  it('does not know whether the run of another stack, which may be gone, still holds the destination', async () => {
    const { subject: asked } = await withRun({ owner: 'unknown' })
    const lease = await readLease(asked.ledger, 'beta')
    await writeLease(asked.ledger, lease, { ...lease!, stack: 'arn:stack:gone' })
    expect(await allFindings(asked)).toMatchObject([{ blocks: false, unknown: true }])
  })

  it('is blocked while an abort is under way', async () => {
    const { subject: asked, ledger } = await withRun({})
    await changeControl(ledger, 'run00001', (control) =>
      withCommand(control, 'abort', { verb: 'abort', by, at: start }),
    )
    expect(await allFindings(asked)).toMatchObject([{ probe: 'another run', error: 'told-to-stop', whose: by }])
  })

  it('of a resume is blocked where live changes were off for 23 hours', async () => {
    const off = async (ms: number, request: object) => {
      const {
        subject: asked,
        ledger,
        state,
      } = await withRun({ request, owner: 'running' }, { state: 'stopped', because: 'halted' })
      await beginCapture(ledger, 'run00001', { since: start, stream: 'arn:stream:alpha' })
      await endCapture(ledger, 'run00001', start)
      state.now = start + ms
      return (await allFindings(asked)).filter(({ error }) => error === 'changes-lost')
    }
    expect(await off(23 * hour, { resume: true })).toEqual([])
    expect(await off(23 * hour + 1, {})).toEqual([])
    expect(await off(23 * hour + 1, { resume: true })).toMatchObject([
      { blocks: true, clear: expect.stringContaining('`segue capture off`') },
    ])
  })
})
