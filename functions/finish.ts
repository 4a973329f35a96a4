import { finishHandler } from '../shared/phases/handlers/finish.ts'
import { wire } from './wiring/handler.ts'
import { world } from './wiring/world.ts'

export const handler = wire(finishHandler(world))
