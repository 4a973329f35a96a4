import { describe, expect, it } from 'vitest'
import { sdkOperations } from '../../../../shared/phases/preflight/sdk-operations.ts'

const at = new Date('2026-11-26T03:00:00Z')
const since = at.getTime()

/** Clients that give these answers, by the name of the command; a list of pages is given page by page. */
function operations(answers: Record<string, object | object[] | Error>) {
  const sent: [string, object][] = []
  const client = {
    send: async (command: { constructor: { name: string }; input: object }) => {
      const { input } = command
      const name = command.constructor.name.replace('Command', '')
      sent.push([name, input])
      const answer = answers[name]
      if (answer instanceof Error) throw answer
      return Array.isArray(answer) ? answer[sent.filter(([each]) => each === name).length - 1] : answer
    },
  } as never
  const made = sdkOperations({ dynamodb: client, lambda: client, backup: client, scaling: client, trail: client })
  return { ...made, sent }
}

const denial = (name = 'AccessDeniedException') => Object.assign(new Error('no'), { name })

describe('What preflight asks of AWS', () => {
  it('is which imports, exports and backups are under way', async () => {
    const asked = operations({
      ListImports: {
        ImportSummaryList: [
          { ImportArn: 'old', ImportStatus: 'COMPLETED' },
          {
            ImportArn: 'i',
            ImportStatus: 'IN_PROGRESS',
            S3BucketSource: { S3Bucket: 'b', S3KeyPrefix: 'p' },
            StartTime: at,
          },
        ],
      },
      ListExports: {
        ExportSummaries: [
          { ExportArn: 'done', ExportStatus: 'COMPLETED' },
          { ExportArn: 'e', ExportStatus: 'IN_PROGRESS' },
        ],
      },
      ListBackups: [
        { BackupSummaries: [{ BackupName: 'old', BackupStatus: 'AVAILABLE' }], LastEvaluatedBackupArn: 'next' },
        { BackupSummaries: [{ BackupName: 'now', BackupStatus: 'CREATING', BackupCreationDateTime: at }] },
      ],
    })
    expect(await asked.imports('arn:beta')).toEqual([{ arn: 'i', from: 's3://b/p', since }])
    expect(await asked.exports('arn:alpha')).toEqual(['e'])
    expect(await asked.backups('alpha')).toEqual([{ name: 'now', since }])
    expect(asked.sent.at(-1)).toEqual([
      'ListBackups',
      { TableName: 'alpha', BackupType: 'ALL', ExclusiveStartBackupArn: 'next' },
    ])
  })

  it('is which jobs of AWS Backup have not ended, and of which plan', async () => {
    const BackupJobs = [
      { BackupJobId: '1', State: 'COMPLETED' },
      {
        BackupJobId: '2',
        State: 'RUNNING',
        CreationDate: at,
        CreatedBy: { BackupPlanArn: 'plan' },
        IamRoleArn: 'role',
      },
      { BackupJobId: '3', State: 'PENDING', CreationDate: at, IamRoleArn: 'role' },
    ]
    expect(await operations({ ListBackupJobs: { BackupJobs } }).backupJobs('arn:alpha')).toEqual([
      { id: '2', state: 'RUNNING', by: 'plan', since },
      { id: '3', state: 'PENDING', by: 'role', since },
    ])
  })

  it('is who reads the stream, whether items expire, and what scales', async () => {
    const asked = operations({
      ListEventSourceMappings: {
        EventSourceMappings: [
          { UUID: 'off', State: 'Disabled', FunctionArn: 'a' },
          { UUID: 'on', State: 'Enabled', FunctionArn: 'b' },
        ],
      },
      DescribeTimeToLive: { TimeToLiveDescription: { TimeToLiveStatus: 'ENABLED', AttributeName: 'gone' } },
      DescribeScalableTargets: {
        ScalableTargets: [
          { ScalableDimension: 'dynamodb:table:WriteCapacityUnits', MinCapacity: 5, MaxCapacity: 50 },
          { ScalableDimension: 'dynamodb:index:WriteCapacityUnits', MinCapacity: 1, MaxCapacity: 2 },
        ],
      },
    })
    expect(await asked.streamReaders('arn:stream')).toEqual([{ mapping: 'on', functionArn: 'b' }])
    expect(await asked.timeToLive('beta')).toEqual({ on: true, attribute: 'gone' })
    expect(await asked.scaling('beta')).toEqual([{ dimension: 'write', least: 5, most: 50 }])
    expect(await operations({ DescribeTimeToLive: {} }).timeToLive('beta')).toEqual({ on: false })
  })

  it.each([
    ['ENABLING', { on: true }],
    ['DISABLING', { on: true, ending: true }],
    ['DISABLED', { on: false }],
  ])('takes time to live that is %s for %j', async (TimeToLiveStatus, answer) => {
    const asked = operations({ DescribeTimeToLive: { TimeToLiveDescription: { TimeToLiveStatus } } })
    expect(await asked.timeToLive('beta')).toEqual(answer)
  })

  it('is who called last, by the record of CloudTrail', async () => {
    const record = (value: object) => ({ EventTime: at, Username: 'dora', CloudTrailEvent: JSON.stringify(value) })
    const Events = [
      record({ userIdentity: { arn: 'arn:dora' }, requestParameters: { tableName: 'alpha', backupName: 'beta' } }),
      record({ requestParameters: { tableArn: 'arn:aws:dynamodb:r:1:table/alpha' } }),
      record({ requestParameters: { tableCreationParameters: { tableName: 'beta' }, s3BucketSource: {} } }),
      record({ requestParameters: { targetTableName: 'beta', sourceTableName: 'alpha' } }),
      record({ errorCode: 'AccessDenied', requestParameters: { tableName: 'alpha' } }),
      { EventTime: at, CloudTrailEvent: 'no JSON', Resources: [{ ResourceName: 'alpha' }] },
    ]
    const calls = await operations({ LookupEvents: { Events } }).calls('CreateBackup')
    expect(calls).toEqual([
      { by: 'arn:dora', at: since, tables: ['alpha'] },
      { by: 'dora', at: since, tables: ['arn:aws:dynamodb:r:1:table/alpha'] },
      { by: 'dora', at: since, tables: ['beta'] },
      { by: 'dora', at: since, tables: ['beta', 'alpha'] },
      { by: 'dora', at: since, tables: [] },
      { by: '', at: since, tables: ['alpha'] },
    ])
  })

  it('never throws: what is denied says which action, and what fails says how', async () => {
    expect(await operations({ ListBackups: denial() }).backups('alpha')).toEqual({
      unanswered: 'denied',
      action: 'dynamodb:ListBackups',
    })
    expect(await operations({ ListBackupJobs: denial('TimeoutError') }).backupJobs('arn')).toEqual({
      unanswered: 'TimeoutError',
      action: 'backup:ListBackupJobs',
    })
  })

  it('needs exactly what the table of functions allows the preflight function', async () => {
    const no = denial()
    const names = ['ListImports', 'ListExports', 'ListBackups', 'ListBackupJobs', 'ListEventSourceMappings']
    const asked = operations(
      Object.fromEntries(
        [...names, 'DescribeTimeToLive', 'DescribeScalableTargets', 'LookupEvents'].map((name) => [name, no]),
      ),
    )
    const { sent: _, ...questions } = asked
    const answers = await Promise.all(Object.values(questions).map((ask) => ask('arn')))
    const actions = answers.map((answer) => (answer as { action: string }).action)
    const { functions } = await import('../../../../shared/config/functions-and-permissions.ts')
    const { anywhere, destination } = functions.preflight.may
    expect(actions.toSorted()).toEqual(
      [
        ...anywhere,
        ...destination.filter((name) => name === 'DescribeTimeToLive').map((name) => `dynamodb:${name}`),
      ].toSorted(),
    )
  })
})
