import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { type Answer, type StubRequest, stubClient } from '../../contract/stub-client.ts'

// biome-ignore lint/suspicious/noExplicitAny: what is on the wire has no types.
type Wire = any

/** A write as it is sent: to which table, which row or item, on what condition. */
export interface Sent {
  /** `Put`, `Delete`, … */
  action: string
  table: string
  key: string
  /** With its names and values put in; no value: unconditional. */
  condition?: string
}

/** A real client, and every request that it sends. */
export interface Recorder {
  client: DynamoDBClient
  requests: StubRequest[]
  /** The puts and transactions since the last call, each with what it writes. */
  writes(): Sent[][]
}

/**
 * Records requests, and answers them as a service that keeps the rows put. It knows the conditions that the engine uses,
 * and the service's words where one does not hold.
 * @param first answers before it does, where it has an answer.
 */
export function recorder(first: (request: StubRequest) => Answer | undefined = () => undefined): Recorder {
  const requests: StubRequest[] = []
  const kept = new Map<string, Wire>()
  let seen = 0
  const holds = (input: Wire): boolean => {
    const row = kept.get(idOf(input.TableName, input.Item ?? input.Key))
    return (sent(input).condition ?? '').split(' AND ').every((part) => {
      const [, exists, attribute = '', name = '', value] =
        /^(?:attribute_((?:not_)?exists)\((\w+)\)|(\w+) = (.*))$/.exec(part) ?? []
      if (exists) return (row?.[attribute] !== undefined) === (exists === 'exists')
      return part === '' || (row?.[name] !== undefined && shown(row[name]) === value)
    })
  }
  const answer = ({ operation, body }: StubRequest): Answer => {
    switch (operation) {
      case 'GetItem':
        return { body: { Item: kept.get(idOf(body.TableName, body.Key)) } }
      case 'Query': {
        const { ':pk': pk, ':prefix': prefix = { S: '' } } = body.ExpressionAttributeValues
        const rows = [...kept.values()].filter((row) => row.pk?.S === pk.S && row.sk?.S.startsWith(prefix.S))
        return { body: { Items: rows.toSorted((a, b) => (a.sk.S < b.sk.S ? -1 : 1)) } }
      }
      case 'PutItem':
        if (!holds(body)) return { status: 400, type: 'ConditionalCheckFailedException' }
        kept.set(idOf(body.TableName, body.Item), body.Item)
        return { body: {} }
      case 'TransactWriteItems': {
        const inputs: Wire[] = body.TransactItems.map((each: Wire) => Object.values(each)[0])
        const CancellationReasons = inputs.map((each) => ({ Code: holds(each) ? 'None' : 'ConditionalCheckFailed' }))
        if (!inputs.every(holds))
          return { status: 400, type: 'TransactionCanceledException', more: { CancellationReasons } }
        for (const { TableName, Item } of inputs) if (Item) kept.set(idOf(TableName, Item), Item)
        return { body: {} }
      }
      default:
        return { body: {} }
    }
  }
  return {
    client: stubClient((request) => {
      requests.push(request)
      return first(request) ?? answer(request)
    }),
    requests,
    writes: () => {
      const since = requests.slice(seen)
      seen = requests.length
      return since.flatMap(({ operation, body }) => {
        if (operation === 'PutItem') return [[{ action: 'Put', ...sent(body) }]]
        if (operation !== 'TransactWriteItems') return []
        const actions = body.TransactItems.map((each: Wire) => Object.entries(each)[0])
        return [actions.map(([action, input]: [string, Wire]) => ({ action, ...sent(input) }))]
      })
    },
  }
}

function idOf(table: string, { pk, sk }: Wire): string {
  return JSON.stringify([table, pk, sk])
}

function sent(input: Wire): Omit<Sent, 'action'> {
  const { pk, sk } = input.Item ?? input.Key
  const { ConditionExpression: text, ExpressionAttributeNames: names, ExpressionAttributeValues: values } = input
  const condition = text?.replace(/[#:]\w+/g, (word: string) => names?.[word] ?? shown(values[word]))
  return { table: input.TableName, key: (sk ?? pk).S, ...(text && { condition }) }
}

function shown(value: Wire): string {
  return 'N' in value ? value.N : JSON.stringify(Object.values(value)[0])
}

const root = resolve(import.meta.dirname, '../../..')

/** The files of the engine, its doors and the CLI whose text matches, from the root, with how often. */
export function filesWith(pattern: RegExp): Record<string, number> {
  const files = ['shared', 'functions', 'cli'].flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: root }))
  const counts = files.map((file) => [file, readFileSync(resolve(root, file), 'utf8').match(pattern)?.length ?? 0])
  return Object.fromEntries(counts.filter(([, count]) => count !== 0))
}
