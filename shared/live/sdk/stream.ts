import {
  DescribeStreamCommand,
  type DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type Shard as SdkShard,
  type StreamDescription,
} from '@aws-sdk/client-dynamodb-streams'
import type { KeySchema } from '../../dynamodb/key.ts'
import { calling } from '../../dynamodb/sdk/errors.ts'
import { readProtoAttributes } from '../../dynamodb/sdk/proto-attribute.ts'
import type { Shard, ShardPage, ShardReader, Stream } from '../ports.ts'
import { fromSdkChange, unpadded } from './records.ts'

/** Most records of one response. Source: GetRecords, DynamoDB API reference. */
const mostRecords = 1_000

interface Source {
  client: DynamoDBStreamsClient
  arn: string
  schema: KeySchema
}

/**
 * A table's stream by the AWS SDK.
 * @param client Made with `maxAttempts: 1`: retrying happens once, in `retryingStream`.
 */
export function sdkStream(client: DynamoDBStreamsClient, arn: string, schema: KeySchema): Stream {
  readProtoAttributes(client)
  const source = { client, arn, schema }
  return {
    arn,
    shards: (after) => describe(source, after),
    open: async (shard, after) => new SdkShardReader(source, shard, after),
  }
}

async function describe({ client, arn }: Source, after: string | undefined): Promise<ShardPage> {
  const command = new DescribeStreamCommand({ StreamArn: arn, ...(after && { ExclusiveStartShardId: after }) })
  const found = await calling('DescribeStream', arn, async (): Promise<StreamDescription | undefined> => {
    try {
      return (await client.send(command)).StreamDescription
    } catch (error) {
      // The service forgets a disabled stream after a day.
      if ((error as Error).name === 'ResourceNotFoundException') return { StreamStatus: 'DISABLED' }
      throw error
    }
  })
  const { Shards = [], StreamStatus, LastEvaluatedShardId: next } = found ?? {}
  return {
    shards: Shards.flatMap(shardOf),
    ...(next && { next }),
    enabled: StreamStatus !== 'DISABLED' && StreamStatus !== 'DISABLING',
  }
}

/** A shard has ended once it has an EndingSequenceNumber. Source: DescribeStream, DynamoDB API reference. */
function shardOf({ ShardId: id, ParentShardId: parent, SequenceNumberRange: range }: SdkShard): Shard[] {
  return id ? [{ id, ...(parent && { parent }), ended: range?.EndingSequenceNumber !== undefined }] : []
}

class SdkShardReader implements ShardReader {
  readonly #source: Source
  readonly #shard: string
  #after: string | undefined
  #iterator: string | undefined

  constructor(source: Source, shard: string, after: string | undefined) {
    this.#source = source
    this.#shard = shard
    this.#after = after
  }

  async next(): ReturnType<ShardReader['next']> {
    const { client, arn, schema } = this.#source
    return calling('GetRecords', arn, async () => {
      try {
        this.#iterator ??= await this.#open()
        const response = await client.send(new GetRecordsCommand({ ShardIterator: this.#iterator, Limit: mostRecords }))
        this.#iterator = response.NextShardIterator
        const records = (response.Records ?? []).map(({ dynamodb = {} }) => fromSdkChange(schema, dynamodb))
        this.#after = records.at(-1)?.seq ?? this.#after
        return { records, closed: !response.NextShardIterator }
      } catch (error) {
        // After any error, the next read takes a new iterator after the last record seen.
        this.#iterator = undefined
        switch ((error as Error).name) {
          // Iterators live 15 minutes.
          case 'ExpiredIteratorException':
            return { records: [], closed: false }
          case 'TrimmedDataAccessException': {
            // Reading from TRIM_HORIZON, only the horizon has moved in between.
            const trimmed = this.#after !== undefined
            this.#after = undefined
            return { records: [], closed: false, trimmed }
          }
          // The shard is older than 24 hours and gone.
          case 'ResourceNotFoundException':
            return { records: [], closed: true, trimmed: true }
          default:
            throw error
        }
      }
    })
  }

  async #open(): Promise<string | undefined> {
    const command = new GetShardIteratorCommand({
      StreamArn: this.#source.arn,
      ShardId: this.#shard,
      ...(this.#after === undefined
        ? { ShardIteratorType: 'TRIM_HORIZON' }
        : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: unpadded(this.#after) }),
    })
    return (await this.#source.client.send(command)).ShardIterator
  }
}
