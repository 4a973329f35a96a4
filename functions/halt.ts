import { haltHandler } from '../shared/phases/handlers/halt.ts'
import { wire } from './wiring/handler.ts'
import { world } from './wiring/world.ts'

export const handler = wire(haltHandler(world))
