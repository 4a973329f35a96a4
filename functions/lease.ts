import { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import { SFNClient } from '@aws-sdk/client-sfn'
import { readTag, writeTag } from '../shared/dynamodb/sdk/tags.ts'
import { leaseHandler, type Tags } from '../shared/phases/handlers/lease.ts'
import { sdkExecutions } from '../shared/phases/sdk-executions.ts'
import { sdkStacks } from '../shared/phases/sdk-stacks.ts'
import { wire } from './wiring/handler.ts'
import { userMigrations as migrations } from './wiring/migrations.ts'
import { dynamodb, environment, http, world } from './wiring/world.ts'

const executions = sdkExecutions(new SFNClient({ requestHandler: http }))
const stacks = sdkStacks(new CloudFormationClient({ requestHandler: http }), environment.ledgerTable)

const tags: Tags = {
  read: (...asked) => readTag(dynamodb, ...asked),
  write: (...asked) => writeTag(dynamodb, ...asked),
}
const { stack, ledgerTable: ledgerName } = environment

export const handler = wire(leaseHandler({ ...world, migrations, executions, stacks, stack, tags, ledgerName }))
