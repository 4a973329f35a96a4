import { SFNClient } from '@aws-sdk/client-sfn'
import { leaseHandler } from '../shared/phases/handlers/lease.ts'
import { sdkExecutions } from '../shared/phases/sdk-executions.ts'
import { wire } from './wiring/handler.ts'
import { userMigrations as migrations } from './wiring/migrations.ts'
import { http, world } from './wiring/world.ts'

const executions = sdkExecutions(new SFNClient({ requestHandler: http }))

export const handler = wire(leaseHandler({ ...world, migrations, executions }))
