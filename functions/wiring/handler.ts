import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware'
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware'
import middy from '@middy/core'
import type { Context } from 'aws-lambda'
import { metrics } from './metrics.ts'
import { logger } from './world.ts'

/** A Lambda handler around one use case: the middleware every function shares. Events hold ids only and are not logged. */
export function wire<I, O>(work: (input: I, context: Context) => Promise<O>) {
  return middy<I, O>()
    .use(injectLambdaContext(logger))
    .use(logMetrics(metrics))
    .handler((input, context) => work(input, context))
}
