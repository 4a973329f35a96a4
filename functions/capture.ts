import { captureHandler } from '../shared/phases/handlers/capture.ts'
import { wire } from './wiring/handler.ts'
import { mapping } from './wiring/mapping.ts'
import { streamWorld } from './wiring/stream.ts'

export const handler = wire(captureHandler({ ...streamWorld, mapping }))
