import { settleHandler } from '../shared/phases/handlers/settle.ts'
import { wire } from './wiring/handler.ts'
import { liveWorld } from './wiring/live.ts'
import { userMigrations as migrations } from './wiring/migrations.ts'

export const handler = wire(settleHandler({ ...liveWorld, migrations }))
