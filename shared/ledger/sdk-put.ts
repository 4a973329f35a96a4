import type { TransactionCanceledException } from '@aws-sdk/client-dynamodb'
import { marshall } from '@aws-sdk/util-dynamodb'
import { errorCode, failed } from '../dynamodb/sdk/errors.ts'
import type { Put } from './table.ts'

/**
 * Returns `false` if a condition did not hold.
 * @throws the first other reason why the transaction was cancelled.
 */
export function canceled(name: string, error: TransactionCanceledException): false {
  const reasons = (error.CancellationReasons ?? []).filter(({ Code = 'None' }) => Code !== 'None')
  const words = reasons.map(({ Code = '' }) => Code)
  if (words.includes('ConditionalCheckFailed')) return false
  const lasting = words.find((word) => errorCode(word) === 'invalid-request')
  const word = lasting ?? words[0] ?? 'TransactionCanceled'
  const message = reasons.find(({ Code }) => Code === word)?.Message ?? 'the transaction was cancelled'
  throw failed(errorCode(word), 'PutItem', name, `${word}: ${message}`, word)
}

/** The put of a whole row on condition that the row it replaces is as expected. Fits PutItem and a transaction. */
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
