import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { OptionsError } from '../shared/config/errors.ts'
import { migrationsText } from './bundle.ts'

/**
 * What a run remembers its code by: SHA-256, in hex, of the bundled migrations module. Comments, formatting and the
 * folder it lies in do not count; the versions of the packages it imports do.
 * @throws OptionsError when there is no such module.
 */
export function codeHash(migrations: string): string {
  if (!existsSync(migrations))
    throw new OptionsError([`\`migrations\`: expected a module, got ${migrations}, which does not exist`])
  return createHash('sha256').update(migrationsText(migrations)).digest('hex')
}
