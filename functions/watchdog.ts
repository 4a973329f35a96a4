import { SFNClient } from '@aws-sdk/client-sfn'
import { SNSClient } from '@aws-sdk/client-sns'
import { sdkAuditLog } from '../shared/ledger/sdk-audit.ts'
import { watchdogHandler } from '../shared/phases/handlers/watchdog.ts'
import { sdkExecutions } from '../shared/phases/sdk-executions.ts'
import { sdkNotices } from '../shared/phases/sdk-notices.ts'
import { nameOf } from './wiring/gauges.ts'
import { wire } from './wiring/handler.ts'
import { mappings } from './wiring/mappings.ts'
import { dynamodb, environment, http, world } from './wiring/world.ts'

const executions = sdkExecutions(new SFNClient({ requestHandler: http }))
const notices = sdkNotices(new SNSClient({ requestHandler: http }), environment.topic ?? '')

export const handler = wire(
  watchdogHandler({
    ...{ ...world, executions, mappings, notices, audit: sdkAuditLog(dynamodb, environment.auditTable) },
    stackName: nameOf(environment.stack),
  }),
)
