import { captureHandler } from '../shared/phases/handlers/capture.ts'
import { wire } from './wiring/handler.ts'
import { mappings } from './wiring/mappings.ts'
import { streamWorld } from './wiring/stream.ts'

export const handler = wire(captureHandler({ ...streamWorld, mappings }))
