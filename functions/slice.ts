import { sliceHandler } from '../shared/phases/handlers/slice.ts'
import { wire } from './wiring/handler.ts'
import { userMigrations as migrations } from './wiring/migrations.ts'
import { logger, world } from './wiring/world.ts'

export const handler = wire(
  sliceHandler({
    ...world,
    migrations,
    async exit(why) {
      logger.error('slice.undrained', why)
      process.exit(1)
    },
  }),
)
