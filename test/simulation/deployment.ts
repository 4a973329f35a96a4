import type { Table } from '../../shared/dynamodb/ports.ts'
import { retrying } from '../../shared/dynamodb/retrying-table.ts'
import { retryingLedger } from '../../shared/ledger/retrying-ledger.ts'
import type { Migration } from '../../shared/migrations/index.ts'
import type { Ask } from '../../shared/runtime/retry.ts'
import type { StepFunctions } from './interpreter/step-functions.ts'
import type { Sandbox } from './lambda/sandbox.ts'
import { type LedgerStore, ledgerIn } from './stores/ledger.ts'
import type { EventSourceMapping } from './stores/mapping.ts'
import type { SearchStore } from './stores/search.ts'
import type { TableStream } from './stores/stream.ts'
import { type TableStore, tableIn } from './stores/table.ts'
import { migrationsOf } from './workload/migrations.ts'
import type { World } from './world.ts'

export const sourceTable = 'source'
export const destinationTable = 'destination'

/** What the functions of one deployment share. */
export interface Deployment {
  world: World
  source: TableStore
  destination: TableStore
  ledger: LedgerStore
  stream: TableStream
  mapping: () => EventSourceMapping
  /** The search cluster and what feeds its indices, where the deployment has index definitions. */
  search?: Searching
  /** When copy last ended, as its run believes: what happened before must be right when it finishes. */
  copiedAt: number
  /** The same of its first execution that came so far: what a resumed run has verified by then is not verified again. */
  firstCopiedAt: number
  releases: Releases
  /** When each pass was first planned, by the place of its manifests without the fence. */
  plannedAt: Map<string, number>
  /** The code that is deployed now. */
  release: Release
  /** Deploys a release: new executions and nested ones invoke it, and so do the mapping and the schedule. */
  deploy(release: Release): void
  stepFunctions: () => StepFunctions
}

export interface Searching {
  store: SearchStore
  /** Of the destination. */
  stream: TableStream
  mapping: () => EventSourceMapping
  /** Chance of its own. */
  world: World
  /** Encoded keys of the destination that its application has changed while it was indexed. */
  changed: Set<string>
}

/** Hash of the index definitions. */
export const searchHash = 'search-1'

/** Code as it was once deployed; an execution continues with the functions as they were when it began. */
export interface Release {
  codeHash: string
  migrations: Migration[]
}

export interface Releases {
  /** The first release of those who will have to start over. */
  flawed: Release
  /** The release that the last run is begun with. */
  right: Release
  /** What somebody deploys in the middle of a run. */
  mistaken: Release
}

export function releasesOf({ settings }: World): Releases {
  const { right, flawed } = migrationsOf(settings)
  return {
    flawed: { codeHash: 'code-0', migrations: flawed },
    right: { codeHash: 'code-1', migrations: right },
    mistaken: { codeHash: 'code-2', migrations: flawed },
  }
}

export function engineIn({ world, ledger }: Deployment, sandbox: Sandbox) {
  const { runtime } = sandbox
  return { ledger: retryingLedger(ledgerIn(world, sandbox, ledger), runtime), runtime }
}

export function open({ world }: Deployment, sandbox: Sandbox, store: TableStore, ask?: Ask): Table {
  return retrying(tableIn(world, sandbox, store, ask), sandbox.runtime, ask)
}
