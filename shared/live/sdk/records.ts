import type { Attributes, AttributeValue } from '../../dynamodb/attributes.ts'
import { type KeySchema, keyOf } from '../../dynamodb/key.ts'
import type { StreamRecord } from '../ports.ts'

/** Digits of the longest and of the shortest sequence number. Source: StreamRecord, DynamoDB API reference. */
const mostDigits = 40
const leastDigits = 21

/** A change as GetRecords gives it. */
export interface SdkChange {
  Keys?: object | undefined
  NewImage?: object | undefined
  OldImage?: object | undefined
  SequenceNumber?: string | undefined
  ApproximateCreationDateTime?: Date | number | undefined
}

/** @throws TypeError when the record has no key of this schema, as when it comes from another table's stream. */
export function fromSdkChange(schema: KeySchema, change: SdkChange): StreamRecord {
  const { Keys, NewImage, OldImage, SequenceNumber, ApproximateCreationDateTime: at = 0 } = change
  const key = Keys && keyOf(schema, Keys as Attributes)
  if (!key || !SequenceNumber)
    throw new TypeError(`Expected a stream record with the key ${schema.pk.name} and a sequence number, got another`)
  const record: StreamRecord = {
    key,
    seq: SequenceNumber.padStart(mostDigits, '0'),
    // The SDK has a Date, Lambda's events have seconds.
    at: typeof at === 'number' ? at * 1000 : at.getTime(),
  }
  if (OldImage) record.old = OldImage as Attributes
  if (NewImage) record.new = NewImage as Attributes
  return record
}

/** A sequence number without padding, but never shorter than the service's. */
export function unpadded(seq: string): string {
  return seq.replace(/^0+/, '').padStart(leastDigits, '0')
}

/** The part of a Lambda event's record that is read: binary values are base64 text, times are seconds. */
export interface LambdaRecord {
  dynamodb?: {
    Keys?: object | undefined
    NewImage?: object | undefined
    OldImage?: object | undefined
    SequenceNumber?: string | undefined
    ApproximateCreationDateTime?: number | undefined
  }
}

/** @throws TypeError as {@link fromSdkChange} does, and for a record without a change. */
export function fromLambdaRecord(schema: KeySchema, { dynamodb = {} }: LambdaRecord): StreamRecord {
  const { Keys, NewImage, OldImage, ...rest } = dynamodb
  return fromSdkChange(schema, {
    ...rest,
    Keys: Keys && withBytes(Keys),
    NewImage: NewImage && withBytes(NewImage),
    OldImage: OldImage && withBytes(OldImage),
  })
}

function withBytes(image: object): Attributes {
  return Object.fromEntries(Object.entries(image).map(([name, value]) => [name, valueWithBytes(value)]))
}

/** Converts an attribute value of a Lambda event, which has the same shape with base64 text for bytes. */
function valueWithBytes(value: AttributeValue): AttributeValue {
  if ('B' in value) return { B: bytes(value.B) }
  if ('BS' in value) return { BS: value.BS.map(bytes) }
  if ('M' in value) return { M: withBytes(value.M) }
  if ('L' in value) return { L: value.L.map(valueWithBytes) }
  return value
}

function bytes(value: Uint8Array | string): Uint8Array {
  return typeof value === 'string' ? new Uint8Array(Buffer.from(value, 'base64')) : value
}
