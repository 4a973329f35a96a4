import { MigrationsModuleError } from '../../shared/migrations/errors.ts'
import type { Migration } from '../../shared/migrations/index.ts'
import { loadMigrations } from '../../shared/migrations/load-migrations.ts'

let loading: Promise<Migration[]> | undefined

/**
 * The user's migrations, loaded once per process.
 * @throws MigrationsModuleError when their module throws while loading or exports something else.
 */
export function userMigrations(): Promise<Migration[]> {
  loading ??= load()
  return loading
}

async function load(): Promise<Migration[]> {
  let module: unknown
  try {
    module = await import('#migrations')
  } catch (cause) {
    throw new MigrationsModuleError(`The migrations module does not load: ${(cause as Error).message}`, { cause })
  }
  return loadMigrations(module)
}
