import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { CloudFormationClient, paginateDescribeStacks } from '@aws-sdk/client-cloudformation'
import * as z from 'zod/mini'
import { CliError } from './errors.ts'

/** How SDK clients are made: empty for AWS as the environment says, filled in for a local stack. */
interface ClientConfig {
  endpoint?: string
  region?: string
  credentials?: { accessKeyId: string; secretAccessKey: string }
}

/** One deployed Segue, as far as the CLI needs to know it. */
export interface Deployment {
  /** What people call it: the stack, or the local file. */
  name: string
  /** Names the same deployment on a command line: ` --stack Night`, or nothing. */
  flag: string
  client: ClientConfig
  sourceTable: string
  destinationTable: string
  ledgerTable: string
  stateMachineArn: string
  /** The deployed options as JSON; absent where the stack does not put them out. */
  options?: unknown
}

export interface Stack {
  name: string
  outputs: Record<string, string>
}

const localFile = path.join('.segue', 'local.json')
const stackOutputs = [
  'SourceTable',
  'DestinationTable',
  'LedgerTable',
  'RunStateMachineArn',
  'ChunkStateMachineArn',
  'ManifestBucket',
]

const localSchema = z.object({
  endpoint: z.url(),
  region: z.string(),
  sourceTable: z.string(),
  destinationTable: z.string(),
  ledgerTable: z.string(),
  stateMachineArn: z.string(),
  options: z.optional(z.unknown()),
})

/**
 * Finds what to talk to: the stack asked for, else the local stack of this folder, else the region's only Segue stack.
 * @throws CliError `no-stack`, `several-stacks` listing them, `bad-local-file`.
 */
export async function findDeployment(
  stack: string | undefined,
  readLocal: () => Promise<string | undefined> = readLocalFile,
  stacks: () => AsyncIterable<Stack> = () => listStacks(new CloudFormationClient()),
): Promise<Deployment> {
  const local = stack === undefined ? await readLocal() : undefined
  if (local !== undefined) return localDeployment(local)
  const found: Stack[] = []
  for await (const each of stacks()) if (stackOutputs.every((name) => each.outputs[name])) found.push(each)
  return chosenStack(found, stack)
}

export function chosenStack(found: Stack[], wanted: string | undefined): Deployment {
  const names = found.map(({ name }) => name).join(', ')
  const chosen = wanted === undefined ? found : found.filter(({ name }) => name === wanted)
  const [only] = chosen
  if (!only) {
    const hint =
      found.length > 0 ? `There is: ${names}.` : 'Deploy one with `cdk deploy`, or check AWS_REGION and AWS_PROFILE.'
    throw new CliError(
      'no-stack',
      wanted === undefined
        ? `No Segue stack in this region and account. ${hint}`
        : `No Segue stack ${wanted} in this region and account. ${hint}`,
    )
  }
  if (chosen.length > 1)
    throw new CliError('several-stacks', `Several Segue stacks here: ${names}. Choose one with --stack NAME.`)
  const output = (name: string) => only.outputs[name] as string
  return {
    name: `stack ${only.name}`,
    flag: wanted === undefined ? '' : ` --stack ${only.name}`,
    client: {},
    sourceTable: output('SourceTable'),
    destinationTable: output('DestinationTable'),
    ledgerTable: output('LedgerTable'),
    stateMachineArn: output('RunStateMachineArn'),
    ...(only.outputs.Options && { options: JSON.parse(only.outputs.Options) }),
  }
}

function localDeployment(text: string): Deployment {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {}
  const { data, error } = localSchema.safeParse(parsed)
  if (!data) {
    const problem = error?.issues[0]
    throw new CliError(
      'bad-local-file',
      `${localFile} is not what the local stack writes (\`${problem?.path.join('.')}\`: ${problem?.message}). Start the local stack again, or delete the file.`,
    )
  }
  const { endpoint, region, ...rest } = data
  // Dummy keys, so that a real account can never be meant by mistake.
  return {
    name: localFile,
    flag: '',
    client: { endpoint, region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } },
    ...rest,
  }
}

async function readLocalFile(): Promise<string | undefined> {
  return readFile(localFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}

async function* listStacks(client: CloudFormationClient): AsyncIterable<Stack> {
  for await (const { Stacks = [] } of paginateDescribeStacks({ client }, {}))
    for (const { StackName = '', Outputs = [] } of Stacks)
      yield {
        name: StackName,
        outputs: Object.fromEntries(Outputs.map((o) => [o.OutputKey ?? '', o.OutputValue ?? ''])),
      }
}
