import { finishRun } from '../shared/phases/finish.ts'
import { wire } from './wiring/handler.ts'
import { ledger, runtime } from './wiring/world.ts'

/** Decides from the ledger how the run ended. */
export const handler = wire((task: { run: string; fence: number }) => finishRun(task, { ledger, runtime }))
