import type { TransactionCanceledException } from '@aws-sdk/client-dynamodb'
import { marshall } from '@aws-sdk/util-dynamodb'
import { errorCode, failed } from '../dynamodb/sdk/errors.ts'
import type { Put } from './table.ts'

/** Why a transaction was cancelled: `false` for a condition that did not hold, else the first reason as an error. */
export function canceled(name: string, error: TransactionCanceledException): false {
  const words = (error.CancellationReasons ?? [])
    .map((reason) => reason.Code ?? 'None')
    .filter((word) => word !== 'None')
  if (words.includes('ConditionalCheckFailed')) return false
  const lasting = words.find((word) => errorCode(word) === 'invalid-request')
  const word = lasting ?? words[0] ?? 'TransactionCanceled'
  throw failed(errorCode(word), 'PutItem', name, `TransactWriteItems was cancelled: ${word}`)
}

/** A whole row, put on condition that what it replaces is as expected; fits PutItem and a transaction. */
export function putInput(name: string, { row, expect }: Put) {
  const base = { TableName: name, Item: marshall(row, { removeUndefinedValues: true }) }
  if (expect === 'any') return base
  if (expect === 'absent') return { ...base, ConditionExpression: 'attribute_not_exists(pk)' }
  const expected = Object.entries(expect)
  if (expected.length === 0) return base
  const values = Object.fromEntries(
    expected.flatMap(([, value], i) => (value === undefined ? [] : [[`:v${i}`, value] as const])),
  )
  return {
    ...base,
    ConditionExpression: expected
      .map(([, value], i) => (value === undefined ? `attribute_not_exists(#a${i})` : `#a${i} = :v${i}`))
      .join(' AND '),
    ExpressionAttributeNames: Object.fromEntries(expected.map(([attribute], i) => [`#a${i}`, attribute])),
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: marshall(values) }),
  }
}
