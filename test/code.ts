import type { Code } from '../shared/ledger/fencing.ts'

/** The migrations of a deployment, as work of the engine takes them. */
export const migrationsOf = (hash = 'code'): Code => ({ of: 'migrations', hash })
