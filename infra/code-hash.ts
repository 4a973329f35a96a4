import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { OptionsError } from '../shared/config/errors.ts'
import { migrationsText } from './bundle.ts'

/**
 * The hash by which a run knows its code: SHA-256, in hex, of the bundled migrations module. Comments, formatting and the
 * module's folder do not change it; the versions of imported packages do.
 * @throws OptionsError if there is no such module.
 */
export function codeHash(migrations: string): string {
  if (!existsSync(migrations))
    throw new OptionsError([`\`migrations\`: expected a module, got ${migrations}, which does not exist`])
  return createHash('sha256').update(migrationsText(migrations)).digest('hex')
}
