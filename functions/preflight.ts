import { preflightHandler } from '../shared/phases/handlers/preflight.ts'
import { wire } from './wiring/handler.ts'
import { userMigrations as migrations } from './wiring/migrations.ts'
import { world } from './wiring/world.ts'

export const handler = wire(preflightHandler({ ...world, migrations }))
