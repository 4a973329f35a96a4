import { setTimeout as sleep } from 'node:timers/promises'

/** An attribute value and an item as they are on the wire: bytes are base64 text. Neither SDK nor engine has a part in it. */
export type Wire =
  | { S: string }
  | { N: string }
  | { B: string }
  | { BOOL: boolean }
  | { NULL: true }
  | { SS: string[] }
  | { NS: string[] }
  | { BS: string[] }
  | { L: Wire[] }
  | { M: WireItem }
export type WireItem = { [name: string]: Wire }

/** Most items of one BatchWriteItem. Source: DynamoDB API reference. */
const batchItems = 25
/** Attempts at a call: under load DynamoDB Local fails now and then. */
const attempts = 10

/** A table of DynamoDB Local by plain HTTP. */
export class WireTable {
  readonly name: string
  readonly #endpoint: string

  constructor(endpoint: string, name: string) {
    this.#endpoint = endpoint
    this.name = name
  }

  /** Puts items of distinct keys. Returns those that the service refuses. */
  async put(items: WireItem[]): Promise<WireItem[]> {
    const refused: WireItem[] = []
    for (let i = 0; i < items.length; i += batchItems) {
      const batch = items.slice(i, i + batchItems)
      const RequestItems = { [this.name]: batch.map((Item) => ({ PutRequest: { Item } })) }
      if (await this.#call('BatchWriteItem', { RequestItems })) continue
      for (const Item of batch) if (!(await this.#call('PutItem', { TableName: this.name, Item }))) refused.push(Item)
    }
    return refused
  }

  /** All items, in the order of a scan. */
  async items(): Promise<WireItem[]> {
    const items: WireItem[] = []
    let after: WireItem | undefined
    do {
      const request = { TableName: this.name, Limit: 1_000, ConsistentRead: true, ExclusiveStartKey: after }
      const page = (await this.#call('Scan', request)) as { Items: WireItem[]; LastEvaluatedKey?: WireItem }
      items.push(...page.Items)
      after = page.LastEvaluatedKey
    } while (after)
    return items
  }

  /** The answer; `undefined` if the request is invalid. */
  async #call(operation: string, body: object): Promise<object | undefined> {
    for (let tried = 1; ; tried++) {
      const response = await fetch(this.#endpoint, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-amz-json-1.0',
          'x-amz-target': `DynamoDB_20120810.${operation}`,
          authorization: 'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, Signature=none',
        },
        body: JSON.stringify(body),
      })
      const answer = (await response.json()) as { __type?: string; message?: string }
      if (response.ok) return answer
      if (answer.__type?.endsWith('ValidationException')) return undefined
      if (tried === attempts) throw new Error(`${operation} failed: ${answer.__type} ${answer.message}`)
      await sleep(tried * 50)
    }
  }
}

/**
 * A text that is equal for equal items: attributes and members of sets have no order, and DynamoDB Local spells a number
 * inside a list or map as it was sent.
 */
export function textOf(item: WireItem): string {
  return JSON.stringify(inOrder({ M: item }))
}

function inOrder(value: Wire): unknown {
  if ('M' in value) {
    const names = Object.keys(value.M).sort()
    return ['M', names.map((name) => [name, inOrder(value.M[name]!)])]
  }
  if ('L' in value) return ['L', value.L.map(inOrder)]
  if ('N' in value) return ['N', plainNumber(value.N)]
  if ('NS' in value) return ['NS', value.NS.map(plainNumber).sort()]
  return Object.entries(value).map(([type, each]) => [type, Array.isArray(each) ? [...each].sort() : each])
}

/** `-12e-3` for `-0.0120`: a whole number that does not end with a zero, and a power of ten. */
function plainNumber(text: string): string {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  let digits = BigInt(whole.replace(/^[+-]/, '') + fraction)
  if (digits === 0n) return '0'
  let power = Number(exponent) - fraction.length
  for (; digits % 10n === 0n; power++) digits /= 10n
  return `${text.startsWith('-') ? '-' : ''}${digits}e${power}`
}
