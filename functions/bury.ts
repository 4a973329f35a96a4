import { buryHandler } from '../shared/phases/handlers/bury.ts'
import { wire } from './wiring/handler.ts'
import { searchWorld } from './wiring/search.ts'

export const handler = wire(buryHandler(searchWorld))
