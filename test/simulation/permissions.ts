import { type FunctionName, functions, type Permissions } from '../../shared/config/functions-and-permissions.ts'
import { DynamoDbError } from '../../shared/dynamodb/errors.ts'
import type { Mapping } from '../../shared/live/ports.ts'
import { sourceTable } from './deployment.ts'
import type { Environment } from './environment.ts'
import { violation } from './violation.ts'
import type { World } from './world.ts'

/** What a call of the simulator is on. Preflight's lists are asked of nobody there. */
type Resource = Exclude<keyof Permissions, 'anywhere'>

/** The same environment, in which each call needs the action that the table of functions gives, as IAM demands it. */
export function permitted(environment: Environment, name: FunctionName, world: World): Environment {
  const may: Permissions = functions[name].may
  const need = (on: Resource, ...actions: string[]) => {
    const allows = [may[on], on === 'destination' ? may.indexed : undefined].flatMap((each) => each ?? [])
    const missing = actions.find((action) => !allows.includes(action))
    if (!missing) return
    const text = `The function ${name} calls ${missing} on ${on}, which the table of functions does not allow it`
    world.violated(violation('not permitted', text))
    throw new DynamoDbError('access-denied', text)
  }
  /** The call, if it is allowed. What is not rejects, as a call does. */
  const allowed =
    <A extends unknown[], R>(on: Resource, actions: string[], call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      need(on, ...actions)
      return call(...args)
    }
  const {
    openSearch,
    ledger,
    openTable,
    describeTable,
    liveTables,
    openStream,
    mappings,
    executions,
    stacks,
    tags,
    manifests,
  } = environment
  const permittedMapping = (on: Resource, { state, set }: Mapping): Mapping => ({
    state: allowed(on, ['GetEventSourceMapping'], state),
    set: allowed(on, ['UpdateEventSourceMapping'], set),
  })
  const roleOf = (table: string) => (table === sourceTable ? 'source' : 'destination')
  return {
    ...environment,
    ledger: {
      get: allowed('ledger', ['GetItem'], ledger.get),
      query: allowed('ledger', ['Query'], ledger.query),
      commit: allowed('ledger', ['PutItem'], ledger.commit),
    },
    describeTable: (table) => allowed(roleOf(table), ['DescribeTable'], describeTable)(table),
    openTable(table, schema, ask) {
      const on = roleOf(table)
      const opened = openTable(table, schema, ask)
      return {
        name: opened.name,
        schema: opened.schema,
        scan: allowed(on, ['Scan'], opened.scan),
        query: allowed(on, ['Query'], opened.query),
        get: allowed(on, ['BatchGetItem'], opened.get),
        put: allowed(on, ['BatchWriteItem'], opened.put),
        insert: allowed(on, ['PartiQLInsert', 'PutItem'], opened.insert),
      }
    },
    liveTables(destination, ask) {
      const tables = liveTables(destination, ask)
      return {
        async commit(writes) {
          need('ledger', 'PutItem')
          for (const { change } of writes) if (change) need('destination', 'put' in change ? 'PutItem' : 'DeleteItem')
          return tables.commit(writes)
        },
      }
    },
    openStream(schema, feed) {
      const stream = openStream(schema, feed)
      const on = feed === 'index' ? 'destinationStream' : 'stream'
      return {
        arn: stream.arn,
        shards: allowed(on, ['DescribeStream'], stream.shards),
        open: allowed(on, ['GetShardIterator', 'GetRecords'], stream.open),
      }
    },
    mappings: {
      ...(mappings.source && { source: permittedMapping('mapping', mappings.source) }),
      ...(mappings.index && { index: permittedMapping('indexMapping', mappings.index) }),
    },
    async openSearch() {
      const search = await openSearch()
      const get = ['ESHttpGet']
      const post = ['ESHttpPost']
      const put = ['ESHttpPut']
      return {
        info: allowed('search', get, search.info),
        bulk: allowed('search', post, search.bulk),
        get: allowed('search', post, search.get),
        walk: allowed('search', post, search.walk),
        unmarked: allowed('search', post, search.unmarked),
        count: allowed('search', post, search.count),
        refresh: allowed('search', post, search.refresh),
        indices: allowed('search', get, search.indices),
        createIndex: allowed('search', put, search.createIndex),
        deleteIndex: allowed('search', ['ESHttpDelete'], search.deleteIndex),
        putSettings: allowed('search', put, search.putSettings),
        changeAliases: allowed('search', post, search.changeAliases),
        health: allowed('search', get, search.health),
      }
    },
    executions: { status: allowed('runs', ['DescribeExecution'], executions.status) },
    stacks: { use: allowed('stacks', ['DescribeStacks'], stacks.use) },
    tags: {
      read: (table, key) => allowed(roleOf(table.name), ['ListTagsOfResource'], tags.read)(table, key),
      write: (table, key, value) => allowed(roleOf(table.name), ['TagResource'], tags.write)(table, key, value),
    },
    manifests: { write: allowed('manifests', ['PutObject'], manifests.write) },
  }
}
