import { setTimeout as sleep } from 'node:timers/promises'
import { Logger } from '@aws-lambda-powertools/logger'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { retrying } from '../../shared/dynamodb/retrying-table.ts'
import { describeTable } from '../../shared/dynamodb/sdk/describe.ts'
import { sdkTable } from '../../shared/dynamodb/sdk/table.ts'
import { retryingLedger } from '../../shared/ledger/retrying-ledger.ts'
import { sdkLedgerTable } from '../../shared/ledger/sdk-table.ts'
import type { World } from '../../shared/phases/handlers/world.ts'
import type { EngineEvent } from '../../shared/runtime/events.ts'
import type { Runtime } from '../../shared/runtime/ports.ts'
import { readEnvironment } from './environment.ts'
import { gaugesLine } from './gauges.ts'
import { httpHandler } from './http.ts'
import { measure } from './metrics.ts'

export const environment = readEnvironment()
export const logger = new Logger({ serviceName: 'segue' })

/** Keys are item data: they are logged only at level DEBUG. */
function emit(event: EngineEvent): void {
  if (event.code === 'watchdog.gauges')
    return void process.stdout.write(`${gaugesLine(environment.stack, event.gauges, Date.now())}\n`)
  measure(event)
  const { key, ...rest } = event as EngineEvent & { key?: string }
  if (event.code === 'retry.waiting' || event.code === 'slice.checkpoint') logger.debug(event.code, { event: rest })
  else logger.info(event.code, { event: rest })
  if (key !== undefined) logger.debug(event.code, { key })
}

const runtime: Runtime = {
  clock: Date.now,
  random: Math.random,
  sleep: async (ms, signal) => {
    await sleep(ms, undefined, signal && { signal }).catch(() => {})
  },
  emit,
}

/** One pool of connections for every client of this process. */
export const http = httpHandler()
/** The SDK's own retries are off: the adapters above the ports retry. */
export const dynamodb = new DynamoDBClient({ maxAttempts: 1, requestHandler: http })

/** Shared by every function. */
export const world: World = {
  options: environment.options,
  codeHash: environment.codeHash,
  searchHash: environment.searchHash,
  streamArn: environment.stream,
  runtime,
  ledger: retryingLedger(sdkLedgerTable(dynamodb, environment.ledgerTable), runtime),
  describeTable: (name) => describeTable(dynamodb, name),
  openTable: (name, schema, ask) => retrying(sdkTable(dynamodb, name, schema, ask), runtime, ask),
}
