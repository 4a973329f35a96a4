import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware'
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware'
import middy from '@middy/core'
import type { Context } from 'aws-lambda'
import type { Handler } from '../../shared/phases/handlers/world.ts'
import { metrics } from './metrics.ts'
import { logger } from './world.ts'

/** A Lambda around one handler: the middleware every function shares. Events hold ids only and are not logged. */
export function wire<E, R>(handle: Handler<E, R>) {
  return middy<E, R>()
    .use(injectLambdaContext(logger))
    .use(logMetrics(metrics))
    .handler((event, context: Context) => handle(event, { remainingMs: () => context.getRemainingTimeInMillis() }))
}
