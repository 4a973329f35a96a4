import { SFNClient } from '@aws-sdk/client-sfn'
import { watchdogHandler } from '../shared/phases/handlers/watchdog.ts'
import { sdkExecutions } from '../shared/phases/sdk-executions.ts'
import { wire } from './wiring/handler.ts'
import { mappings } from './wiring/mappings.ts'
import { http, world } from './wiring/world.ts'

const executions = sdkExecutions(new SFNClient({ requestHandler: http }))

export const handler = wire(watchdogHandler({ ...world, executions, mappings }))
