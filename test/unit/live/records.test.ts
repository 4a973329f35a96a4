import { expect, it } from 'vitest'
import { fromLambdaRecord, fromSdkChange, unpadded } from '../../../shared/live/sdk/records.ts'

const schema = { pk: { name: 'pk', type: 'B' }, sk: { name: 'sk', type: 'N' } } as const
const bytes = (text: string) => new Uint8Array(Buffer.from(text))
const base64 = (text: string) => Buffer.from(text).toString('base64')

it('a record of a Lambda event gets bytes where there was base64, however deep, and milliseconds', () => {
  const record = fromLambdaRecord(schema, {
    dynamodb: {
      Keys: { pk: { B: base64('key') }, sk: { N: '1' } },
      NewImage: {
        pk: { B: base64('key') },
        sk: { N: '1' },
        text: { S: base64('not bytes') },
        set: { BS: [base64('x'), base64('y')] },
        map: { M: { list: { L: [{ B: base64('deep') }, { BOOL: true }, { NULL: true }] } } },
      },
      SequenceNumber: '300000000000000499659',
      ApproximateCreationDateTime: 1_700_000_000,
    },
  })
  expect(record).toEqual({
    key: { pk: { B: bytes('key') }, sk: { N: '1' } },
    seq: '0000000000000000000300000000000000499659',
    at: 1_700_000_000_000,
    new: {
      pk: { B: bytes('key') },
      sk: { N: '1' },
      text: { S: base64('not bytes') },
      set: { BS: [bytes('x'), bytes('y')] },
      map: { M: { list: { L: [{ B: bytes('deep') }, { BOOL: true }, { NULL: true }] } } },
    },
  })
})

it('a removed item has an old image only', () => {
  const Keys = { pk: { B: bytes('a') }, sk: { N: '1' } }
  const record = fromSdkChange(schema, {
    Keys,
    OldImage: Keys,
    SequenceNumber: '1',
    ApproximateCreationDateTime: new Date(5),
  })
  expect(record).toEqual({ key: Keys, seq: '1'.padStart(40, '0'), at: 5, old: Keys })
})

it('numbers compare as text once padded, and go back as the service spelt them', () => {
  const seq = (SequenceNumber: string) =>
    fromSdkChange(schema, { Keys: { pk: { B: bytes('a') }, sk: { N: '1' } }, SequenceNumber }).seq
  expect(seq('99999999999999999999999') < seq('100000000000000000000000')).toBe(true)
  for (const spelt of ['000000000000000000001', '300000000000000499659', '1'.repeat(40)])
    expect(unpadded(seq(spelt))).toBe(spelt)
})

it('a record of another table is refused', () => {
  expect(() => fromLambdaRecord(schema, { dynamodb: { Keys: { id: { S: 'x' } }, SequenceNumber: '1' } })).toThrow(
    /with the key pk/,
  )
  expect(() => fromLambdaRecord(schema, {})).toThrow(TypeError)
})
