import { finishRun } from '../shared/phases/finish.ts'
import { door } from './wiring/door.ts'
import { ledger, runtime } from './wiring/world.ts'

/** Decides from the ledger how the run ended. */
export const handler = door((task: { run: string; fence: number }) => finishRun(task, { ledger, runtime }))
