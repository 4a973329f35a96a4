import { monitorStreamHandler } from '../shared/phases/handlers/monitor-stream.ts'
import { wire } from './wiring/handler.ts'
import { mappings } from './wiring/mappings.ts'
import { userMigrations as migrations } from './wiring/migrations.ts'
import { searchWorld } from './wiring/search.ts'
import { streamWorld } from './wiring/stream.ts'

export const handler = wire(monitorStreamHandler({ ...searchWorld, ...streamWorld, migrations, mappings }))
