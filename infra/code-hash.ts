import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { OptionsError } from '../shared/config/errors.ts'
import { moduleText } from './bundle.ts'

/**
 * The hash by which a run knows its code: SHA-256, in hex, of a bundled module of the user. Comments, formatting and the
 * module's folder do not change it; the versions of imported packages do.
 * @param name of the property that holds its path.
 * @throws OptionsError if there is no such module.
 */
export function codeHash(module: string, name: 'migrations' | 'search' = 'migrations'): string {
  if (!existsSync(module))
    throw new OptionsError([`\`${name}\`: expected a module, got ${module}, which does not exist`])
  return createHash('sha256').update(moduleText(module)).digest('hex')
}
