import { setTimeout as sleep } from 'node:timers/promises'
import type { Table } from '../shared/dynamodb/ports.ts'
import { retrying } from '../shared/dynamodb/retrying.ts'
import { describeTable, type TableDescription } from '../shared/dynamodb/sdk/describe.ts'
import { sdkTable } from '../shared/dynamodb/sdk/table.ts'
import { retryingLedger } from '../shared/ledger/retrying.ts'
import { sdkLedgerTable } from '../shared/ledger/sdk-table.ts'
import type { LedgerTable } from '../shared/ledger/table.ts'
import type { Mapping } from '../shared/live/ports.ts'
import { sdkMapping } from '../shared/live/sdk/mapping.ts'
import type { Runtime } from '../shared/runtime/ports.ts'
import { openClients } from './clients.ts'
import { type Deployment, findDeployment } from './deployment.ts'
import { type RunExecutions, sdkRunExecutions } from './executions.ts'

/** One deployment and everything the commands ask of it; tests give one in memory. */
export interface World {
  deployment: Deployment
  ledger: LedgerTable
  executions: RunExecutions
  describeTable(name: string): Promise<TableDescription>
  openTable(description: TableDescription): Table
  /** What turns live changes on and off, where the deployment names it. */
  mapping: Mapping | undefined
  runtime: Runtime
}

export type OpenWorld = (options: { stack?: string }) => Promise<World>

const runtime: Runtime = {
  clock: Date.now,
  random: Math.random,
  sleep: async (ms, signal) => {
    await sleep(ms, undefined, signal && { signal }).catch(() => {})
  },
  emit: () => {},
}

/** The deployment that `--stack`, the current folder or the region names, over the AWS SDK. */
export const openWorld: OpenWorld = async ({ stack }) => {
  const deployment = await findDeployment(stack)
  const { dynamodb, lambda, stepFunctions } = openClients(deployment.client)
  const { captureMapping } = deployment
  return {
    deployment,
    ledger: retryingLedger(sdkLedgerTable(dynamodb, deployment.ledgerTable), runtime),
    executions: sdkRunExecutions(stepFunctions, deployment.stateMachineArn),
    describeTable: (name) => describeTable(dynamodb, name),
    openTable: ({ name, schema }) => retrying(sdkTable(dynamodb, name, schema), runtime),
    mapping: captureMapping === undefined ? undefined : sdkMapping(lambda, captureMapping),
    runtime,
  }
}
