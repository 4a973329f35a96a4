import {
  type ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
} from '@aws-sdk/client-application-auto-scaling'
import { type BackupClient, ListBackupJobsCommand } from '@aws-sdk/client-backup'
import { type CloudTrailClient, type Event, LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import {
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  ListBackupsCommand,
  ListExportsCommand,
  ListImportsCommand,
} from '@aws-sdk/client-dynamodb'
import { type LambdaClient, ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda'
import type { Answer, Operations, ScalingRange } from './operations.ts'

/** Only `send` is used. */
export interface OperationsClients {
  dynamodb: Pick<DynamoDBClient, 'send'>
  lambda: Pick<LambdaClient, 'send'>
  backup: Pick<BackupClient, 'send'>
  scaling: Pick<ApplicationAutoScalingClient, 'send'>
  trail: Pick<CloudTrailClient, 'send'>
}

/** States of a backup job that has not ended. */
const underWay = new Set(['CREATED', 'PENDING', 'RUNNING', 'ABORTING'])

/** States of a mapping that reads its stream. */
const reading = new Set(['Enabled', 'Enabling', 'Updating', 'Creating'])

/** Pages that are read of one list: what is under way is among the newest, and a table may have thousands of backups. */
const mostPages = 20

/** {@link Operations} over the AWS SDK. */
export function sdkOperations({ dynamodb, lambda, backup, scaling, trail }: OperationsClients): Operations {
  return {
    imports: (TableArn) =>
      answering('dynamodb:ListImports', async () => {
        const { ImportSummaryList = [] } = await dynamodb.send(new ListImportsCommand({ TableArn, PageSize: 25 }))
        return ImportSummaryList.filter(({ ImportStatus }) => ImportStatus === 'IN_PROGRESS').map(
          ({ ImportArn: arn = '', S3BucketSource: { S3Bucket, S3KeyPrefix = '' } = { S3Bucket: '' }, StartTime }) => ({
            arn,
            from: `s3://${S3Bucket}/${S3KeyPrefix}`,
            ...since(StartTime),
          }),
        )
      }),
    exports: (TableArn) =>
      answering('dynamodb:ListExports', async () => {
        const { ExportSummaries = [] } = await dynamodb.send(new ListExportsCommand({ TableArn, MaxResults: 25 }))
        return ExportSummaries.flatMap(({ ExportArn, ExportStatus }) =>
          ExportArn && ExportStatus === 'IN_PROGRESS' ? [ExportArn] : [],
        )
      }),
    backups: (TableName) =>
      answering('dynamodb:ListBackups', async () => {
        const made = await eachPage(async (ExclusiveStartBackupArn) => {
          const { BackupSummaries = [], LastEvaluatedBackupArn: next } = await dynamodb.send(
            new ListBackupsCommand({ TableName, BackupType: 'ALL', ...given({ ExclusiveStartBackupArn }) }),
          )
          return { rows: BackupSummaries.filter(({ BackupStatus }) => BackupStatus === 'CREATING'), next }
        })
        return made.map(({ BackupName: name = '', BackupCreationDateTime }) => ({
          name,
          ...since(BackupCreationDateTime),
        }))
      }),
    backupJobs: (ByResourceArn) =>
      answering('backup:ListBackupJobs', async () => {
        const jobs = await eachPage(async (NextToken) => {
          const { BackupJobs = [], NextToken: next } = await backup.send(
            new ListBackupJobsCommand({ ByResourceArn, ...given({ NextToken }) }),
          )
          return { rows: BackupJobs.filter(({ State }) => underWay.has(State ?? '')), next }
        })
        return jobs.map(({ BackupJobId: id = '', State: state = '', CreatedBy, IamRoleArn, CreationDate }) => ({
          id,
          state,
          ...given({ by: CreatedBy?.BackupPlanArn ?? IamRoleArn }),
          ...since(CreationDate),
        }))
      }),
    streamReaders: (EventSourceArn) =>
      answering('lambda:ListEventSourceMappings', async () => {
        const mappings = await eachPage(async (Marker) => {
          const { EventSourceMappings = [], NextMarker: next } = await lambda.send(
            new ListEventSourceMappingsCommand({ EventSourceArn, ...given({ Marker }) }),
          )
          return { rows: EventSourceMappings.filter(({ State }) => reading.has(State ?? '')), next }
        })
        return mappings.map(({ UUID: mapping = '', FunctionArn: functionArn = '' }) => ({ mapping, functionArn }))
      }),
    timeToLive: (TableName) =>
      answering('dynamodb:DescribeTimeToLive', async () => {
        const { TimeToLiveDescription: found } = await dynamodb.send(new DescribeTimeToLiveCommand({ TableName }))
        const status = found?.TimeToLiveStatus ?? 'DISABLED'
        return {
          on: status !== 'DISABLED',
          ...(status === 'DISABLING' && { ending: true }),
          ...given({ attribute: found?.AttributeName }),
        }
      }),
    scaling: (table) =>
      answering('application-autoscaling:DescribeScalableTargets', async () => {
        const { ScalableTargets = [] } = await scaling.send(
          new DescribeScalableTargetsCommand({ ServiceNamespace: 'dynamodb', ResourceIds: [`table/${table}`] }),
        )
        return ScalableTargets.flatMap(({ ScalableDimension, MinCapacity = 0, MaxCapacity = 0 }): ScalingRange[] => {
          const dimension = dimensions[ScalableDimension ?? '']
          return dimension ? [{ dimension, least: MinCapacity, most: MaxCapacity }] : []
        })
      }),
    calls: (eventName) =>
      answering('cloudtrail:LookupEvents', async () => {
        const { Events = [] } = await trail.send(
          new LookupEventsCommand({
            LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: eventName }],
            MaxResults: 50,
          }),
        )
        return Events.map(trailEvent)
      }),
  }
}

const dimensions: Record<string, ScalingRange['dimension']> = {
  'dynamodb:table:ReadCapacityUnits': 'read',
  'dynamodb:table:WriteCapacityUnits': 'write',
}

/** The parts of a CloudTrail record that are read. A table is named by its name in some requests and by its ARN in others. */
interface TrailRecord {
  userIdentity?: { arn?: string }
  errorCode?: string
  requestParameters?: Record<string, unknown> | null
  responseElements?: Record<string, unknown> | null
}

function trailEvent({ CloudTrailEvent, EventTime, Username, Resources = [] }: Event) {
  const { userIdentity, requestParameters, responseElements, errorCode } = recordOf(CloudTrailEvent)
  const values = Object.entries(requestParameters ?? {}).flatMap(([name, value]) => {
    if (name === 'tableCreationParameters') return Object.values((value ?? {}) as object)
    return /table(name|arn)?$/i.test(name) ? [value] : []
  })
  const named = [...values, ...Resources.map(({ ResourceName }) => ResourceName)]
  const execution = requestParameters?.executionArn ?? responseElements?.executionArn
  return {
    by: userIdentity?.arn ?? Username ?? '',
    at: EventTime?.getTime() ?? 0,
    // A call that was refused did nothing.
    tables: errorCode === undefined ? named.filter((value) => typeof value === 'string') : [],
    ...(errorCode === undefined && typeof execution === 'string' && { execution }),
  }
}

function recordOf(text: string | undefined): TrailRecord {
  try {
    return (JSON.parse(text ?? '{}') ?? {}) as TrailRecord
  } catch {
    return {}
  }
}

async function answering<T>(action: string, ask: () => Promise<T>): Promise<Answer<T>> {
  try {
    return await ask()
  } catch (error) {
    const { name } = error as Error
    return { action, unanswered: /^(AccessDenied|UnauthorizedOperation|NotAuthorized)/.test(name) ? 'denied' : name }
  }
}

async function eachPage<T>(read: (after: string | undefined) => Promise<{ rows: T[]; next: string | undefined }>) {
  const all: T[] = []
  let after: string | undefined
  for (let page = 0; page < mostPages; page++) {
    const { rows, next } = await read(after)
    all.push(...rows)
    if (next === undefined) break
    after = next
  }
  return all
}

const since = (time: Date | undefined) => (time ? { since: time.getTime() } : {})

/** Only what has a value. */
function given<N extends string>(values: Record<N, string | undefined>): Partial<Record<N, string>> {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as Partial<Record<N, string>>
}
