import {
  DescribeStreamCommand,
  type DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from '@aws-sdk/client-dynamodb-streams'
import type { KeySchema } from '../../dynamodb/key.ts'
import { calling } from '../../dynamodb/sdk/errors.ts'
import type { Shard, ShardReader, Stream } from '../ports.ts'
import { fromSdkChange, unpadded } from './records.ts'

/** Most records of one answer. Source: GetRecords, DynamoDB API reference. */
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
  const source = { client, arn, schema }
  return {
    shards: () => listShards(source),
    open: async (shard, after) => new SdkShardReader(source, shard, after),
  }
}

async function listShards({ client, arn }: Source): Promise<Shard[]> {
  const shards: Shard[] = []
  let start: string | undefined
  do {
    const command = new DescribeStreamCommand({ StreamArn: arn, ...(start && { ExclusiveStartShardId: start }) })
    const { StreamDescription } = await calling('DescribeStream', arn, () => client.send(command))
    for (const { ShardId, ParentShardId } of StreamDescription?.Shards ?? [])
      if (ShardId) shards.push(ParentShardId ? { id: ShardId, parent: ParentShardId } : { id: ShardId })
    start = StreamDescription?.LastEvaluatedShardId
  } while (start)
  return shards
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
        const answer = await client.send(new GetRecordsCommand({ ShardIterator: this.#iterator, Limit: mostRecords }))
        this.#iterator = answer.NextShardIterator
        const records = (answer.Records ?? []).map(({ dynamodb = {} }) => fromSdkChange(schema, dynamodb))
        this.#after = records.at(-1)?.seq ?? this.#after
        return { records, closed: !answer.NextShardIterator }
      } catch (error) {
        // Whatever went wrong, the next read takes a new iterator after the last record seen.
        this.#iterator = undefined
        switch ((error as Error).name) {
          // Iterators live 15 minutes.
          case 'ExpiredIteratorException':
            return { records: [], closed: false }
          // From TRIM_HORIZON on, nothing that matters is lost: the horizon moved while this looked.
          case 'TrimmedDataAccessException':
            return { records: [], closed: false, trimmed: this.#after !== undefined }
          // The shard has outlived its 24 hours.
          case 'ResourceNotFoundException':
            return { records: [], closed: false, trimmed: true }
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
