import { repairHandler } from '../shared/phases/handlers/repair.ts'
import { wire } from './wiring/handler.ts'
import { liveWorld } from './wiring/live.ts'
import { userMigrations as migrations } from './wiring/migrations.ts'

export const handler = wire(repairHandler({ ...liveWorld, migrations }))
