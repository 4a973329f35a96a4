import type { MapState } from './asl.ts'
import { type ChunkResources, chunkStates } from './chunk.ts'
import { catchAll, mapRetrier } from './retriers.ts'

export interface PassResources extends ChunkResources {
  chunkMachineArn: string
  /** Bucket that the Map writes its results to; 256 KiB of state would not hold them. */
  bucket: string
}

/**
 * A Map run fails once more chunks than this have failed, so it is more than any manifest lists: the most items that a
 * Distributed Map reads (`MaxItems`, Step Functions Developer Guide). On resume a manifest lists every open leaf, so it
 * may hold more than the 100,000 segments that a run may have. A count rather than 100 percent, which LocalStack refuses.
 */
export const TOLERATED_FAILURES = 100_000_000

/** Prefix, in the bucket, of the results of Distributed Maps. */
export const RESULTS_PREFIX = 'results'

/**
 * One pass over a table: a Distributed Map over the manifest at `<plan>.manifest`, a JSON array of `{ chunk }` in S3.
 * `name` is the state's name and the Map's label, at most 40 characters. Every failure is tolerated: the ledger has
 * the state of each chunk. `$` passes through unchanged; only a Map that cannot read or write S3 goes to `halt`.
 */
export function passState(
  name: string,
  { plan, next, halt }: { plan: string; next: string; halt: string },
  resources: PassResources,
): MapState {
  const { partition, bucket } = resources
  return {
    Type: 'Map',
    ItemReader: {
      Resource: `arn:${partition}:states:::s3:getObject`,
      ReaderConfig: { InputType: 'JSON' },
      Parameters: { 'Bucket.$': `${plan}.manifest.bucket`, 'Key.$': `${plan}.manifest.key` },
    },
    ItemSelector: {
      'run.$': '$.lease.run',
      'fence.$': '$.lease.fence',
      'pass.$': `${plan}.pass`,
      'chunk.$': '$$.Map.Item.Value.chunk',
      slice: { round: 0 },
    },
    ItemProcessor: {
      ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
      ...chunkStates(resources, { StateMachineArn: resources.chunkMachineArn }, name),
    },
    Label: name,
    MaxConcurrencyPath: '$.lease.concurrency',
    ToleratedFailureCount: TOLERATED_FAILURES,
    ResultWriter: {
      Resource: `arn:${partition}:states:::s3:putObject`,
      Parameters: { Bucket: bucket, Prefix: RESULTS_PREFIX },
    },
    ResultPath: null,
    Retry: [mapRetrier],
    Catch: [catchAll(halt)],
    Next: next,
  }
}
