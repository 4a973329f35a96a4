import type { Catcher, Retrier, TaskState, Template } from './asl.ts'

/** The part of a Lambda that a Task needs: the ARN of a published version, and the function's own time-out. */
export interface Invocable {
  arn: string
  seconds: number
}

/** Seconds that a Task waits beyond its function's time-out, for a cold start and the network. */
const GRACE_SECONDS = 30

/**
 * Invokes a Lambda. Its ARN is the Task's resource, rather than `lambda:invoke`, because then the result is what the
 * function returned: a ResultSelector cannot put `$.Payload` itself, with its optional fields, at a ResultPath.
 */
export function invoke(
  { arn, seconds }: Invocable,
  task: { comment?: string; payload: Template; resultPath: string | null; retry: Retrier[]; catch?: Catcher[] },
  flow: { Next: string } | { End: true },
): TaskState {
  return {
    Type: 'Task',
    ...(task.comment && { Comment: task.comment }),
    Resource: arn,
    Parameters: task.payload,
    ResultPath: task.resultPath,
    TimeoutSeconds: seconds + GRACE_SECONDS,
    Retry: task.retry,
    ...(task.catch && { Catch: task.catch }),
    ...flow,
  }
}
