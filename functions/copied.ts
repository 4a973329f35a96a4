import { copiedHandler } from '../shared/phases/handlers/copied.ts'
import { wire } from './wiring/handler.ts'
import { world } from './wiring/world.ts'

export const handler = wire(copiedHandler(world))
