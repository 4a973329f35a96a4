import { sdkLiveTables } from '../../shared/live/sdk/live-tables.ts'
import type { LiveWorld } from '../../shared/phases/handlers/world.ts'
import { dynamodb, environment, world } from './world.ts'

/** For the functions that write destination items together with their heads. */
export const liveWorld: LiveWorld = {
  ...world,
  liveTables: (destination, ask) => sdkLiveTables(dynamodb, destination, environment.ledgerTable, ask),
}
