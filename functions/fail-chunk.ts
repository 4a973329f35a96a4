import { failChunkHandler } from '../shared/phases/handlers/fail-chunk.ts'
import { wire } from './wiring/handler.ts'
import { world } from './wiring/world.ts'

export const handler = wire(failChunkHandler(world))
