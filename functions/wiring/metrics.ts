import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics'
import { metricsNamespace } from '../../shared/config/gauges.ts'
import type { EngineEvent } from '../../shared/runtime/events.ts'

/** Under `Segue` in CloudWatch, by function; written to the log in the embedded metric format. */
export const metrics = new Metrics({
  namespace: metricsNamespace,
  serviceName: 'segue',
  // The name of a function includes that of its stack.
  defaultDimensions: { function: process.env.AWS_LAMBDA_FUNCTION_NAME ?? 'none' },
})

/** Counts the events that are useful as a metric. */
export function measure(event: EngineEvent): void {
  const count = (name: string, value: number) => metrics.addMetric(name, MetricUnit.Count, value)
  switch (event.code) {
    case 'chunk.split':
      return void count('ChunksSplit', 1)
    case 'chunk.failed':
      return void count('ChunksFailed', 1)
    case 'item.quarantined':
      return void count('ItemsQuarantined', 1)
    case 'item.collision':
      return void count('Collisions', 1)
    case 'retry.waiting':
      return void count('Retries', 1)
    case 'slice.checkpoint':
      return void count('Checkpoints', 1)
    case 'live.batch':
      count('LiveRecords', event.records)
      return void metrics.addMetric('LiveLag', MetricUnit.Milliseconds, event.lagMs)
    case 'index.batch':
      count('IndexedItems', event.items)
      return void metrics.addMetric('IndexLag', MetricUnit.Milliseconds, event.lagMs)
    case 'build.lost':
      return void count('BuildsLost', 1)
  }
}
