import type { Key, KeySchema } from '../../dynamodb/key.ts'
import type { RawItem } from '../../dynamodb/raw-item.ts'
import { writeAlias } from '../../facts/builds.ts'
import type { Build } from '../../ledger/builds.ts'
import type { IndexDefinition } from '../../migrations/index-definition.ts'
import { makeDocument } from '../../migrations/make-document.ts'
import type { BuildDocument } from './engine.ts'

/**
 * What an item, or a key without an item, is to be in each index of a build.
 * @param definitions those that the build began with, whenever an item is asked for.
 */
export function documentsOf(
  { indices }: Pick<Build, 'indices'>,
  definitions: readonly IndexDefinition[],
  schema: KeySchema,
): (key: Key, item: RawItem | undefined) => BuildDocument[] {
  const through = (alias: string) => {
    const index = indices[alias]
    if (!index) throw new Error(`Expected a build with an index for ${alias}, got none.`)
    return writeAlias(index.name)
  }
  return (key, item) =>
    definitions.map((definition) => {
      const { alias } = definition
      return { alias, through: through(alias), made: makeDocument(definition, schema, key, item) }
    })
}
