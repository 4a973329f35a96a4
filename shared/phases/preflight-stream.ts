import type { RunRequest } from '../config/options.ts'
import type { TableDescription } from '../dynamodb/sdk/describe.ts'
import { readCapture } from '../ledger/capture.ts'
import { readLease } from '../ledger/lease.ts'
import { getRun } from '../ledger/runs.ts'
import type { LedgerTable } from '../ledger/table.ts'
import { Refusal } from './refusal.ts'

const offline = 'or, if nothing will change the table meanwhile, start with `{"offline": true}` (`segue run --offline`)'

/**
 * Refuses a run that captures live changes if they would be lost: the deployment must read the stream that the table
 * has now, and a resumed run must have captured from that stream since it began.
 * @param stream ARN of the stream that the deployment reads, if any.
 * @throws Refusal `no-stream` or `stream-changed`.
 */
export async function refuseWithoutStream(
  request: RunRequest,
  source: TableDescription,
  { ledger, destination, stream }: { ledger: LedgerTable; destination: string; stream: string | undefined },
): Promise<void> {
  // A resumed run keeps the mode it began with, whatever the request says.
  const begun = request.resume ? await lastRun(ledger, destination) : undefined
  if (request.resume ? !begun || begun.offline : request.offline) return
  if (stream === undefined)
    throw new Refusal(
      'no-stream',
      `This deployment knows no stream of ${source.name}, so changes made while it is copied would be lost. Enable the stream (NEW_AND_OLD_IMAGES) and deploy again with it, ${offline}.`,
    )
  if (source.stream?.viewType !== 'NEW_AND_OLD_IMAGES')
    throw new Refusal(
      'no-stream',
      `The stream of ${source.name} ${source.stream ? 'does not carry new and old images' : 'is turned off'}, so changes made while it is copied would be lost. Enable it (NEW_AND_OLD_IMAGES) and deploy again with the ARN it then has, ${offline}.`,
    )
  if (source.stream.arn !== stream)
    throw new Refusal(
      'stream-changed',
      `The stream of ${source.name} was turned off and on again since this deployment: it is ${source.stream.arn}, and the deployment reads ${stream}. Deploy again with the stream it has now.`,
    )
  if (begun?.stream !== undefined && begun.stream !== stream)
    throw new Refusal(
      'stream-changed',
      `The stream that run ${begun.id} captured from was turned off: it was ${begun.stream}, and is ${stream}. Neither has the changes in between. Empty ${destination} and start without resume.`,
    )
}

/** The last run into a table, and the stream that its capture began with. */
async function lastRun(ledger: LedgerTable, destination: string) {
  const lease = await readLease(ledger, destination)
  if (!lease) return undefined
  const [run, capture] = await Promise.all([getRun(ledger, lease.run), readCapture(ledger, lease.run)])
  return { id: run.id, offline: run.offline, stream: capture?.stream }
}
