import { randomUUID } from 'node:crypto'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { CreateFunctionCommand, LambdaClient, PutFunctionConcurrencyCommand } from '@aws-sdk/client-lambda'
import { S3Client } from '@aws-sdk/client-s3'
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn'
import { type Emulator, localClient, startEmulator } from '../../local/index.ts'

/** How long a test polls for what must come: longer than any busy machine needs. */
export const PATIENT = { timeoutMs: 60_000 }

/** An empty local account: the emulator, and what the tests ask of it. */
export async function openAccount() {
  const emulator = await startEmulator()
  const client = localClient(emulator.endpoint)
  const lambda = new LambdaClient(client)
  const sfn = new SFNClient(client)
  return {
    emulator: emulator satisfies Emulator,
    lambda,
    sfn,
    db: new DynamoDBClient(client),
    s3: new S3Client({ ...client, forcePathStyle: true }),

    /** Path of a new file that functions and tests both see; it goes with the account. */
    file: () => path.join(path.dirname(emulator.logFile), 'tmp', randomUUID()),

    /** A Node function of the given body, with `event` and `context` in scope; returns its ARN. */
    async createFunction(body: string, options: { timeout?: number; reserved?: number } = {}): Promise<string> {
      const name = `f-${randomUUID()}`
      const created = await lambda.send(
        new CreateFunctionCommand({
          FunctionName: name,
          Runtime: 'nodejs24.x',
          Handler: 'index.handler',
          Role: 'arn:aws:iam::000000000000:role/test',
          Timeout: options.timeout ?? 60,
          Code: { ZipFile: zip('index.js', `exports.handler = async (event, context) => { ${body} }`) },
        }),
      )
      if (options.reserved !== undefined) {
        const limit = { FunctionName: name, ReservedConcurrentExecutions: options.reserved }
        await lambda.send(new PutFunctionConcurrencyCommand(limit))
      }
      return created.FunctionArn!
    },

    async createMachine(definition: object): Promise<string> {
      const created = await sfn.send(
        new CreateStateMachineCommand({
          name: `m-${randomUUID()}`,
          roleArn: 'arn:aws:iam::000000000000:role/test',
          definition: JSON.stringify(definition),
        }),
      )
      return created.stateMachineArn!
    },

    async start(stateMachineArn: string, input: unknown = {}, name?: string): Promise<string> {
      const request = { stateMachineArn, input: JSON.stringify(input), ...(name && { name }) }
      return (await sfn.send(new StartExecutionCommand(request))).executionArn!
    },

    async end(executionArn: string): Promise<DescribeExecutionOutput> {
      for (;;) {
        const found = await sfn.send(new DescribeExecutionCommand({ executionArn }))
        if (found.status !== 'RUNNING') return found
        await sleep(20)
      }
    },
  }
}

export type Account = Awaited<ReturnType<typeof openAccount>>

/** A task that invokes a function with the state's input and returns its answer. */
export function invoke(functionArn: string, rest: object = { End: true }) {
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Parameters: { FunctionName: functionArn, 'Payload.$': '$' },
    OutputPath: '$.Payload',
    ...rest,
  }
}

/** A zip archive of one file, stored as it is. */
function zip(name: string, text: string): Buffer {
  const data = Buffer.from(text)
  const file = Buffer.from(name)
  const common = Buffer.alloc(26)
  common.writeUInt16LE(20, 0)
  common.writeUInt32LE(crc32(data), 10)
  common.writeUInt32LE(data.length, 14)
  common.writeUInt32LE(data.length, 18)
  common.writeUInt16LE(file.length, 22)
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, file, data])
  const central = Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), common, Buffer.alloc(14), file])
  const end = Buffer.alloc(18)
  end.writeUInt16LE(1, 4)
  end.writeUInt16LE(1, 6)
  end.writeUInt32LE(central.length, 8)
  end.writeUInt32LE(local.length, 12)
  return Buffer.concat([local, central, Buffer.from('PK\x05\x06'), end])
}
