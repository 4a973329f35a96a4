import { copyEnded } from '../shared/phases/check-copy.ts'
import { wire } from './wiring/handler.ts'
import { ledger, runtime } from './wiring/world.ts'

/** Decides from the ledger whether copy has covered the table. */
export const handler = wire((task: { run: string; fence: number }) => copyEnded(task, { ledger, runtime }))
