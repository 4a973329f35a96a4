import { type Options, parseOptions } from '../../shared/config/options.ts'
import type { TableDescription } from '../../shared/dynamodb/sdk/describe.ts'
import type { StreamRecord } from '../../shared/live/ports.ts'
import type { UndrainedError } from '../../shared/passes/slice/errors.ts'
import type { Tags } from '../../shared/phases/handlers/lease.ts'
import type { PreflightWorld } from '../../shared/phases/handlers/preflight.ts'
import type { LiveWorld, MappingWorld, SearchWorld, StreamWorld } from '../../shared/phases/handlers/world.ts'
import type { Executions, ManifestStore, Stacks } from '../../shared/phases/ports.ts'
import { nothingBeside } from '../../shared/phases/preflight/operations.ts'
import {
  type Deployment,
  destinationTable,
  engineIn,
  open,
  type Release,
  searchHash,
  sourceTable,
} from './deployment.ts'
import type { Execution } from './interpreter/execution.ts'
import type { Json } from './interpreter/json.ts'
import type { Sandbox } from './lambda/sandbox.ts'
import { liveTablesIn } from './stores/live-tables.ts'
import { type Batch, mappingIn } from './stores/mapping.ts'
import { searchIn } from './stores/search.ts'
import { streamIn } from './stores/stream.ts'
import type { TableStore } from './stores/table.ts'
import { indexDefinitions } from './workload/indices.ts'
import type { World } from './world.ts'

/** All that any function has at hand. */
export interface Environment extends LiveWorld, StreamWorld, MappingWorld, SearchWorld, PreflightWorld {
  executions: Executions
  stack: string
  stacks: Stacks
  ledgerName: string
  tags: Tags
  manifests: ManifestStore
  exit(why: UndrainedError): Promise<never>
  recordsOf(batch: Batch): StreamRecord[]
}

/** The process of a function as `functions/wiring/` makes it, of stores that answer through its sandbox. */
export function environmentIn(deployment: Deployment, sandbox: Sandbox, release: Release): Environment {
  const { world, source, destination, ledger, stream, mapping, search } = deployment
  const stores: Record<string, TableStore> = { [sourceTable]: source, [destinationTable]: destination }
  return {
    options: optionsOf(world),
    codeHash: release.codeHash,
    searchHash: search && searchHash,
    streamArn: stream.memory.arn,
    ...engineIn(deployment, sandbox),
    migrations: async () => release.migrations,
    describeTable: (name) => describe(deployment, sandbox, name),
    openTable: (name, _, ask) => open(deployment, sandbox, stores[name]!, ask),
    liveTables: (_, ask) => liveTablesIn(world, sandbox, destination, ledger, ask),
    openStream: (_, feed) =>
      feed === 'index' ? streamIn(search!.world, sandbox, search!.stream) : streamIn(world, sandbox, stream),
    silenceMs: world.settings.silenceSeconds * 1000,
    slackMs: world.settings.slackMs,
    mappings: {
      source: mappingIn(world, sandbox, mapping()),
      ...(search && { index: mappingIn(search.world, sandbox, search.mapping()) }),
    },
    indices: async () => (search ? indexDefinitions : []),
    openSearch: async () => searchIn(search!.world, sandbox, search!.store),
    mappingId: 'mapping',
    operations: nothingBeside,
    executions: executionsIn(deployment, sandbox),
    stack: 'stack',
    stacks: { use: async () => 'this ledger' },
    ledgerName: 'ledger',
    tags: { read: async () => undefined, write: async () => {} },
    manifests: manifestsIn(deployment, sandbox),
    exit() {
      world.hit('path: exit undrained')
      sandbox.die('Lambda.Unknown', 'The process has exited.')
      return new Promise(() => {})
    },
    recordsOf: ({ batch, feed }) => (feed === 'index' ? search!.mapping() : mapping()).recordsOf(batch),
  }
}

export function optionsOf({ settings }: World): Options {
  const { sliceSeconds, splitAfterSeconds, concurrency, segments } = settings
  return parseOptions({ sourceTable, destinationTable, sliceSeconds, splitAfterSeconds, concurrency, segments })
}

function describe(deployment: Deployment, sandbox: Sandbox, name: string): Promise<TableDescription> {
  const { schema, size } = (name === sourceTable ? deployment.source : deployment.destination).memory
  const ms = deployment.world.settings.requestMs
  return sandbox.request({ name: `describe ${name}`, ms, write: false }, async () => ({
    name,
    arn: `arn:aws:dynamodb:us-east-1:0:table/${name}`,
    id: `the id of ${name}`,
    schema,
    status: 'ACTIVE',
    itemCount: size,
    sizeBytes: size * 100,
    ...(name === sourceTable && {
      stream: { arn: deployment.stream.memory.arn, viewType: 'NEW_AND_OLD_IMAGES' },
    }),
  }))
}

function executionsIn({ world, stepFunctions }: Deployment, sandbox: Sandbox): Executions {
  const status = async (arn: string) => {
    if (world.strikes('status unknown')) return 'unknown' as const
    const found = stepFunctions().executions.get(arn)
    if (found && isHidden(found, world)) return 'absent' as const
    // Describing is eventually consistent.
    const lag = world.dice.between(0, 1_500)
    const over = found === undefined || (found.endedAt !== undefined && world.now - found.endedAt > lag)
    return over ? ('ended' as const) : ('running' as const)
  }
  return {
    status: (arn) => sandbox.request({ name: 'describe execution', ms: 30, write: false }, () => status(arn)),
  }
}

/** Until when Step Functions does not know an execution that has been started. */
const hiddenUntil = new WeakMap<Execution, number>()

function isHidden(execution: Execution, world: World): boolean {
  const { now, further } = world
  if (execution.attempt > 1) return false
  if (!hiddenUntil.has(execution)) {
    const ms = world.strikes('execution not there') ? further.between(0, further.pick([5_000, 60_000, 180_000])) : 0
    hiddenUntil.set(execution, execution.begunAt + ms)
  }
  // Some of its hosts know it.
  return now < hiddenUntil.get(execution)! && further.chance(0.8)
}

function manifestsIn({ stepFunctions }: Deployment, sandbox: Sandbox): ManifestStore {
  return {
    write: (key, items) =>
      sandbox.request({ name: 'put manifest', ms: 40, write: true }, async () => {
        stepFunctions().putObject('manifests', key, items as unknown as Json)
        return { bucket: 'manifests', key }
      }),
  }
}
