import type { Key } from '../../../shared/dynamodb/key.ts'
import type { Page, WriteResult } from '../../../shared/dynamodb/ports.ts'
import type { RawItem } from '../../../shared/dynamodb/raw-item.ts'
import type { Sandbox } from '../lambda/sandbox.ts'

/** Sees what happens to a table at the moment it happens. */
export interface Watch {
  read(by: Sandbox, page: Page): void
  /** A request to write is sent. */
  begins(by: Sandbox): void
  /** A write has taken effect, or found the item present. */
  wrote(by: Sandbox, operation: string, item: Pick<RawItem, 'key'>, result: WriteResult): void
  /** These items are read one by one. */
  got(by: Sandbox, keys: Key[]): void
  /** A write of these items is under way, and whoever sent it is dead: it may land much later. */
  lingers(items: RawItem[]): void
}
