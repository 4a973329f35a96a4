import { drainHandler } from '../shared/phases/handlers/drain.ts'
import { wire } from './wiring/handler.ts'
import { userMigrations as migrations } from './wiring/migrations.ts'
import { searchWorld } from './wiring/search.ts'
import { streamWorld } from './wiring/stream.ts'

export const handler = wire(drainHandler({ ...searchWorld, ...streamWorld, migrations }))
