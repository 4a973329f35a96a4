import { setTimeout as sleep } from 'node:timers/promises'
import { retrying } from '../shared/dynamodb/retrying-table.ts'
import { describeTable } from '../shared/dynamodb/sdk/describe.ts'
import { sdkTable } from '../shared/dynamodb/sdk/table.ts'
import { retryingLedger } from '../shared/ledger/retrying-ledger.ts'
import { sdkAuditLog } from '../shared/ledger/sdk-audit.ts'
import { sdkLedgerTable } from '../shared/ledger/sdk-table.ts'
import { sdkMapping } from '../shared/live/sdk/mapping.ts'
import type { OperatorEngine } from '../shared/operator/engine.ts'
import type { Clock, Runtime } from '../shared/runtime/ports.ts'
import { askCalls, askFindings, askPlan } from './ask-preflight.ts'
import { openClients } from './clients.ts'
import { findDeployment } from './deployment.ts'
import { sdkRunExecutions } from './executions.ts'
import { callerIdentity, localIdentity } from './identity.ts'
import { serviceClock } from './service-clock.ts'

/** Opens a deployment; tests pass one in memory. */
export type Open = (options: { stack?: string }) => Promise<OperatorEngine>

const runtimeBy = (clock: Clock): Runtime => ({
  clock,
  random: Math.random,
  sleep: async (ms, signal) => {
    await sleep(ms, undefined, signal && { signal }).catch(() => {})
  },
  emit: () => {},
})

/** The deployment that `--stack`, the current folder or the region names, over the AWS SDK. */
export const openDeployment: Open = async ({ stack }) => {
  const deployment = await findDeployment(stack)
  const { dynamodb, lambda, stepFunctions, sts } = openClients(deployment.client)
  const { captureMapping, indexMapping, preflightFunction, switchTable, auditTable } = deployment
  const runtime = runtimeBy(serviceClock(dynamodb))
  return {
    deployment,
    ledger: retryingLedger(sdkLedgerTable(dynamodb, deployment.ledgerTable), runtime),
    ...(switchTable && { switches: retryingLedger(sdkLedgerTable(dynamodb, switchTable), runtime) }),
    executions: sdkRunExecutions(stepFunctions, deployment.stateMachineArn),
    describeTable: (name) => describeTable(dynamodb, name),
    openTable: ({ name, schema }) => retrying(sdkTable(dynamodb, name, schema), runtime),
    identity: deployment.client.endpoint === undefined ? callerIdentity(sts) : localIdentity,
    mapping: captureMapping === undefined ? undefined : sdkMapping(lambda, captureMapping),
    ...(indexMapping && { indexMapping: sdkMapping(lambda, indexMapping) }),
    ...(preflightFunction && {
      askPlan: (question) => askPlan(lambda, preflightFunction, question),
      askCalls: () => askCalls(lambda, preflightFunction),
      askFindings: (question) => askFindings(lambda, preflightFunction, question),
    }),
    ...(auditTable && { audit: sdkAuditLog(dynamodb, auditTable) }),
    runtime,
  }
}
