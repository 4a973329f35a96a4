import { isFinished } from '../../facts/resumable.ts'
import { readCapture } from '../../ledger/capture.ts'
import { readControl } from '../../ledger/control.ts'
import { eachHead, type Head, headBuckets, needsSettling } from '../../ledger/heads.ts'
import { readLag } from '../../ledger/lag.ts'
import type { RunRecord } from '../../ledger/runs.ts'
import type { LedgerTable } from '../../ledger/table.ts'
import { lacksChanges } from '../../live/lag.ts'
import { inParallel } from '../../runtime/parallel.ts'
import { lagWords } from '../status/lag.ts'
import type { LiveSummary } from './content.ts'

/**
 * Counts all heads of a run: 256 partition keys, 8 at a time, one page of each in memory. `problems`: a sentence if live
 * changes of a finished run were lost or are not applied.
 */
export async function readLive(
  ledger: LedgerTable,
  run: RunRecord,
): Promise<{ summary: LiveSummary; problems: string[] }> {
  const [capture, { quiet }, lag] = await Promise.all([
    readCapture(ledger, run.id),
    readControl(ledger, run.id),
    readLag(ledger, run.id),
  ])
  const summary: LiveSummary = {
    capturedSince: capture ? new Date(capture.since).toISOString() : null,
    capturedUntil: capture?.off === undefined ? null : new Date(capture.off).toISOString(),
    lag: lag
      ? { seconds: lag.seconds, guard: lag.guard, stopped: lag.stopped ?? null, at: new Date(lag.at).toISOString() }
      : null,
    puts: 0,
    deletes: 0,
    contested: 0,
    settled: 0,
    unsettled: 0,
  }
  const buckets = Array.from({ length: headBuckets }, (_, bucket) => bucket)
  await inParallel(8, buckets, (bucket) =>
    // The heads of an offline run come from repairs, each with a quiet period of its own.
    eachHead(ledger, run.id, bucket, (head) => count(summary, head, run.offline ? head.settled : quiet)),
  )
  const problems = isFinished(run) && lacksChanges(run, lag, capture) ? [lagWords(lag)] : []
  return { summary, problems }
}

function count(summary: LiveSummary, head: Head, quiet: string | undefined): void {
  if (head.op === 'put') summary.puts++
  else summary.deletes++
  if (head.contested) summary.contested++
  if (head.op === 'put' && !head.contested) return
  if (needsSettling(head, quiet)) summary.unsettled++
  else summary.settled++
}
