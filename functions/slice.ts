import { sliceHandler } from '../shared/phases/handlers/slice.ts'
import { wire } from './wiring/handler.ts'
import { userMigrations as migrations } from './wiring/migrations.ts'
import { searchWorld } from './wiring/search.ts'
import { logger } from './wiring/world.ts'

export const handler = wire(
  sliceHandler({
    ...searchWorld,
    migrations,
    async exit(why) {
      logger.error('slice.undrained', why)
      process.exit(1)
    },
  }),
)
