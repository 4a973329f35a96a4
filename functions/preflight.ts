import { preflightOrPlanHandler } from '../shared/operator/preflight.ts'
import { wire } from './wiring/handler.ts'
import { userMigrations as migrations } from './wiring/migrations.ts'
import { world } from './wiring/world.ts'

export const handler = wire(preflightOrPlanHandler({ ...world, migrations }))
