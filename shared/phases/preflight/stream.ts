import { readCapture } from '../../ledger/capture.ts'
import { readLease } from '../../ledger/lease.ts'
import { getRun } from '../../ledger/runs.ts'
import type { LedgerTable } from '../../ledger/table.ts'
import type { RefusalCode } from '../refusal.ts'
import type { Found } from './finding.ts'
import type { StreamReader } from './operations.ts'
import { type About, copies, probe } from './probe.ts'

/** The run that a request resumes, and the stream that its capture began with. */
export interface Begun {
  id: string
  offline: boolean
  stream: string | undefined
}

const offline = 'or, if nothing will change the table meanwhile, start with `{"offline": true}` (`segue run --offline`)'

export const stream = probe<{ begun: Begun | undefined }>({
  finds: 'a stream that is off, of the wrong view, or another one than the deployment or the run knows',
  asks: 'DescribeTable, the ledger',
  blocks: 'unless offline',
  clear:
    '`aws dynamodb update-table --table-name SOURCE --stream-specification StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES`, then deploy with its ARN.',
  when: copies,
  ask: async ({ request, ledger, options }) => ({
    begun: request.resume ? await begunRun(ledger, options.destinationTable) : undefined,
  }),
  judge: ({ begun }, about) => withoutStream(begun, about),
})

/**
 * Why live changes would be lost: the deployment must read the stream that the table has now, and a resumed run must have
 * captured from that stream since it began. A resumed run keeps the mode it began with, whatever the request says.
 */
export function withoutStream(
  begun: Begun | undefined,
  {
    request,
    source,
    destination,
    stream: deployed,
  }: Pick<About, 'request' | 'source' | 'stream'> & {
    destination: { name: string }
  },
): Found[] {
  if (request.resume ? !begun || begun.offline : request.offline) return []
  const finding = (error: RefusalCode, what: string, clear: string): Found[] => [{ what, blocks: true, clear, error }]
  const { name } = source
  if (deployed === undefined)
    return finding(
      'no-stream',
      `This deployment knows no stream of ${name}, so changes made while it is copied would be lost`,
      `Enable the stream (NEW_AND_OLD_IMAGES) and deploy again with it, ${offline}.`,
    )
  if (source.stream?.viewType !== 'NEW_AND_OLD_IMAGES')
    return finding(
      'no-stream',
      `The stream of ${name} ${source.stream ? 'does not carry new and old images' : 'is turned off'}, so changes made while it is copied would be lost`,
      `Enable it (NEW_AND_OLD_IMAGES) and deploy again with the ARN it then has, ${offline}.`,
    )
  if (source.stream.arn !== deployed)
    return finding(
      'stream-changed',
      `The stream of ${name} was turned off and on again since this deployment: it is ${source.stream.arn}, and the deployment reads ${deployed}`,
      'Deploy again with the stream it has now.',
    )
  if (begun?.stream !== undefined && begun.stream !== deployed)
    return finding(
      'stream-changed',
      `The stream that run ${begun.id} captured from was turned off: it was ${begun.stream}, and is ${deployed}. Neither has the changes in between`,
      `Empty ${destination.name} and start without resume.`,
    )
  return []
}

/** The last run into a table, and the stream that its capture began with. */
export async function begunRun(ledger: LedgerTable, destination: string): Promise<Begun | undefined> {
  const lease = await readLease(ledger, destination)
  if (!lease) return undefined
  const [run, capture] = await Promise.all([getRun(ledger, lease.run), readCapture(ledger, lease.run)])
  return { id: run.id, offline: run.offline, stream: capture?.stream }
}

/**
 * Readers that a shard of a stream serves well; Segue has two, the mapping of live changes and Drain. Source: "Reading and
 * processing a stream", DynamoDB Developer Guide.
 */
const servedWell = { 'one Region': 2, 'global table': 1 }
const ours = 2

export const streamReaders = probe<StreamReader[]>({
  finds: 'more readers of the stream than it serves well',
  asks: 'ListEventSourceMappings',
  blocks: 'no',
  clear: '`aws lambda update-event-source-mapping --uuid UUID --no-enabled` until the run has ended.',
  when: ({ stream: arn, request }) => arn !== undefined && !request.offline,
  ask: ({ stream: arn = '', operations }) => operations.streamReaders(arn),
  judge: (readers, about) => tooManyReaders(readers, about),
})

export function tooManyReaders(
  readers: readonly StreamReader[],
  { source, mapping }: Pick<About, 'source' | 'mapping'>,
): Found[] {
  const others = readers.filter((reader) => reader.mapping !== mapping)
  const well = source.replicas ? servedWell['global table'] : servedWell['one Region']
  if (others.length + ours <= well) return []
  const [first] = others
  const who = others.map(({ functionArn }) => functionArn.split(':').slice(6).join(':')).join(', ')
  return [
    {
      what: `A shard of the stream of ${source.name} serves ${well} readers well, and has ${others.length + ours} during a run: live changes, Drain${who && `, ${who}`}. Live changes may be late`,
      blocks: false,
      clear: first
        ? `Disable one until the run has ended: \`aws lambda update-event-source-mapping --uuid ${first.mapping} --no-enabled\`.`
        : 'Nothing: watch how far live changes are behind (`segue status`).',
    },
  ]
}
