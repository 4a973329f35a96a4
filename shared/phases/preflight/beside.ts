import type { Found } from './finding.ts'
import type { Backup, BackupJob, ScalingRange, TimeToLive } from './operations.ts'
import { type Answer, isUnanswered } from './operations.ts'
import { type About, begins, copies, probe, type Subject } from './probe.ts'

/** One answer for each of the two tables, by its name. The first that has none stands for both. */
async function ofBoth<T>(
  { source, destination }: Subject,
  ask: (table: { name: string; arn: string }) => Promise<Answer<T>>,
): Promise<Answer<Record<string, T>>> {
  const answers = await Promise.all([source, destination].map(async (table) => [table.name, await ask(table)] as const))
  const none = answers.map(([, answer]) => answer).find(isUnanswered)
  return none ?? (Object.fromEntries(answers) as Record<string, T>)
}

const each = <T>(byTable: Record<string, T[]>, make: (entry: T, table: string) => Found): Found[] =>
  Object.entries(byTable).flatMap(([table, entries]) => entries.map((entry) => make(entry, table)))

export const backups = probe<Record<string, Backup[]>>({
  finds: 'a backup of DynamoDB that is being made',
  asks: 'ListBackups',
  blocks: 'no',
  clear: 'Wait, or do nothing: it takes no capacity of the table.',
  ask: (subject) => ofBoth(subject, ({ name }) => subject.operations.backups(name)),
  judge: (byTable) =>
    each(byTable, ({ name, since }, table) => ({
      what: `Backup ${name} of ${table} is being made`,
      ...(since !== undefined && { since }),
      blocks: false,
      clear:
        'Wait until it is AVAILABLE if it must not hold a table in the middle of a run. It takes no capacity of it.',
      calls: { events: ['CreateBackup'], table },
    })),
})

export const exports = probe<Record<string, string[]>>({
  finds: 'an export to S3',
  asks: 'ListExports',
  blocks: 'no',
  clear: 'Wait, or do nothing: it reads point-in-time backups, and takes no capacity of the table.',
  ask: (subject) => ofBoth(subject, ({ arn }) => subject.operations.exports(arn)),
  judge: (byTable) =>
    each(byTable, (arn, table) => ({
      what: `An export of ${table} to S3 is running (${arn})`,
      blocks: false,
      clear: 'Wait, or do nothing: it takes no capacity of the table.',
      calls: { events: ['ExportTableToPointInTime'], table },
    })),
})

export const backupJobs = probe<Record<string, BackupJob[]>>({
  finds: 'a job of AWS Backup',
  asks: 'ListBackupJobs of AWS Backup',
  blocks: 'no',
  clear: '`aws backup stop-backup-job --backup-job-id ID`, or wait.',
  ask: (subject) => ofBoth(subject, ({ arn }) => subject.operations.backupJobs(arn)),
  judge: (byTable) =>
    each(byTable, ({ id, state, by, since }, table) => ({
      what: `Backup job ${id} of ${table} is ${state}`,
      ...(by !== undefined && { whose: by }),
      ...(since !== undefined && { since }),
      blocks: false,
      clear: `Wait, or stop it: \`aws backup stop-backup-job --backup-job-id ${id}\`.`,
      calls: { events: ['StartBackupJob'], table },
    })),
})

export const timeToLive = probe<TimeToLive>({
  finds: 'time to live on at the destination: it deletes items while they are migrated, and verify misses them',
  asks: 'DescribeTimeToLive',
  blocks: 'yes, for a new run',
  clear:
    '`aws dynamodb update-time-to-live --table-name DESTINATION --time-to-live-specification Enabled=false,AttributeName=NAME`; turn it on when the run has finished.',
  when: copies,
  ask: ({ destination, operations }) => operations.timeToLive(destination.name),
  judge: (answer, about) => expires(answer, about),
})

/** A run that has begun is resumed nevertheless: half a migration is worse than what Verify will miss. */
function expires({ on, ending, attribute = 'NAME' }: TimeToLive, about: About): Found[] {
  if (!on) return []
  const { name } = about.destination
  return [
    {
      what: `Time to live is ${ending ? 'still being turned off' : 'on'} at ${name} (attribute ${attribute}): it would delete items while they are migrated, and verify would miss them`,
      clear: ending
        ? `Wait until \`aws dynamodb describe-time-to-live --table-name ${name}\` says DISABLED, within an hour.`
        : `Turn it off until the run has finished: \`aws dynamodb update-time-to-live --table-name ${name} --time-to-live-specification Enabled=false,AttributeName=${attribute}\`. DynamoDB takes one such change an hour.`,
      calls: { events: ['UpdateTimeToLive'], table: name },
      ...(begins(about) ? { blocks: true, error: 'time-to-live-on' } : { blocks: false }),
    },
  ]
}

export const scaling = probe<Record<string, ScalingRange[]>>({
  finds: 'auto scaling of a table, which follows the load of a run by minutes',
  asks: 'DescribeScalableTargets',
  blocks: 'no',
  clear:
    '`aws application-autoscaling register-scalable-target --service-namespace dynamodb --resource-id table/TABLE --scalable-dimension DIMENSION --min-capacity N`, before the run.',
  when: copies,
  ask: (subject) => ofBoth(subject, ({ name }) => subject.operations.scaling(name)),
  judge: (byTable, about) => scales(byTable, about),
})

const dimensions = { read: 'ReadCapacityUnits', write: 'WriteCapacityUnits' }

/** A run reads the source and writes the destination; what else scales does not slow it. */
export function scales(
  byTable: Record<string, ScalingRange[]>,
  { source, destination }: Pick<About, 'source' | 'destination'>,
): Found[] {
  return Object.entries(byTable).flatMap(([table, ranges]) =>
    ranges
      .filter(({ dimension }) => table === (dimension === 'read' ? source.name : destination.name))
      .filter(({ least, most }) => least < most)
      .map(({ dimension, least, most }) => ({
        what: `Auto scaling gives ${table} ${least} to ${most} ${dimension} units, and follows the load by minutes: until then a run is throttled, and so is everybody else`,
        blocks: false,
        clear: `Raise the least before the run: \`aws application-autoscaling register-scalable-target --service-namespace dynamodb --resource-id table/${table} --scalable-dimension dynamodb:table:${dimensions[dimension]} --min-capacity ${most}\`.`,
      })),
  )
}
