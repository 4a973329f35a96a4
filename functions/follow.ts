import { followRun } from '../shared/run/follow.ts'
import { door } from './wiring/door.ts'
import { streamEngine } from './wiring/stream.ts'
import { environment, ledger } from './wiring/world.ts'

/** Every few minutes: moves drain's cursors over what has been applied, and notes how far behind live changes are. */
export const handler = door((_: unknown, context) =>
  followRun(environment.options.destinationTable, ledger, (run) => streamEngine(run, context)),
)
