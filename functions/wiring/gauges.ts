import { gauges, metricsNamespace } from '../../shared/config/gauges.ts'

/**
 * One line of the log in the embedded metric format: what the watchdog measures, with the stack as the only dimension. Source:
 * "Embedded metric format specification", CloudWatch User Guide. Powertools adds a dimension of its own to every metric.
 * @param stack the StackId.
 */
export function gaugesLine(stack: string, values: Readonly<Record<string, number>>, now: number): string {
  const Metrics = Object.entries(gauges).map(([Name, { unit }]) => ({ Name, Unit: unit }))
  return JSON.stringify({
    _aws: { Timestamp: now, CloudWatchMetrics: [{ Namespace: metricsNamespace, Dimensions: [['stack']], Metrics }] },
    stack: nameOf(stack),
    ...values,
  })
}

/** The name in a StackId: `arn:aws:cloudformation:region:account:stack/NAME/uuid`. */
export const nameOf = (stack: string) => stack.split('/')[1] ?? stack
