import { prepareIndexHandler } from '../shared/phases/handlers/prepare-index.ts'
import { wire } from './wiring/handler.ts'
import { mappings } from './wiring/mappings.ts'
import { searchWorld } from './wiring/search.ts'
import { streamWorld } from './wiring/stream.ts'

export const handler = wire(prepareIndexHandler({ ...streamWorld, ...searchWorld, mappings }))
