import { copyEnded } from '../shared/phases/check-copy.ts'
import { door } from './wiring/door.ts'
import { ledger, runtime } from './wiring/world.ts'

/** Decides from the ledger whether copy has covered the table. */
export const handler = door((task: { run: string; fence: number }) => copyEnded(task, { ledger, runtime }))
