import { checkPassHandler } from '../shared/phases/handlers/check-pass.ts'
import { wire } from './wiring/handler.ts'
import { world } from './wiring/world.ts'

export const handler = wire(checkPassHandler(world))
