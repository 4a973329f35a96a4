import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { type CloudFormationClient, paginateDescribeStacks } from '@aws-sdk/client-cloudformation'
import * as z from 'zod/mini'
import type { Deployed } from '../shared/operator/engine.ts'
import { type ClientConfig, openClients } from './clients.ts'
import { CliError } from './errors.ts'

/** One deployed Segue, and how to reach it. */
export interface Deployment extends Deployed {
  client: ClientConfig
  ledgerTable: string
  /** Absent where an earlier version deployed the stack. */
  switchTable?: string
  stateMachineArn: string
  /** UUID of the event source mapping that brings live changes; absent where the stack does not put it out. */
  captureMapping?: string
  /** The same of the one that feeds the indices; absent without index definitions. */
  indexMapping?: string
  /** The table that remembers who did what; absent where the stack does not put it out. */
  auditTable?: string
  /** ARN of the function that knows the deployed migrations; absent where the stack does not put it out. */
  preflightFunction?: string
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
  stack: z.exactOptional(z.string()),
  endpoint: z.url(),
  region: z.string(),
  sourceTable: z.string(),
  destinationTable: z.string(),
  ledgerTable: z.string(),
  switchTable: z.exactOptional(z.string()),
  stateMachineArn: z.string(),
  sourceStream: z.exactOptional(z.string()),
  captureMapping: z.exactOptional(z.string()),
  indexMapping: z.exactOptional(z.string()),
  preflightFunction: z.exactOptional(z.string()),
  auditTable: z.exactOptional(z.string()),
  version: z.exactOptional(z.string()),
  options: z.optional(z.unknown()),
})

/**
 * Finds a deployment. With a name: the local stack of this folder if it has that name, else the stack of the region.
 * Without: the local stack, else the region's only Segue stack.
 * @throws CliError `no-stack`, `several-stacks` listing them, `bad-local-file`.
 */
export async function findDeployment(
  stack: string | undefined,
  readLocal: () => Promise<string | undefined> = readLocalFile,
  stacks: (name: string | undefined) => AsyncIterable<Stack> = (name) =>
    listStacks(openClients({}).cloudFormation, name),
): Promise<Deployment> {
  const text = await readLocal()
  const local = text === undefined ? undefined : parseLocal(text)
  if (local && (stack === undefined || stack === local.stack)) return localDeployment(local)
  const found: Stack[] = []
  for await (const each of stacks(stack)) found.push(each)
  return stack === undefined ? stackDeployment(onlyStack(found), '') : namedDeployment(found[0], stack)
}

function onlyStack(all: Stack[]): Stack {
  const found = all.filter((each) => missingOutputs(each).length === 0)
  const [only] = found
  if (!only)
    throw new CliError(
      'no-stack',
      'No Segue stack in this region and account. Deploy one with `cdk deploy`, or check AWS_REGION and AWS_PROFILE.',
    )
  if (found.length > 1) {
    const names = found.map(({ name }) => name).join(', ')
    throw new CliError('several-stacks', `Several Segue stacks here: ${names}. Choose one with --stack NAME.`)
  }
  return only
}

function namedDeployment(found: Stack | undefined, wanted: string): Deployment {
  if (!found)
    throw new CliError(
      'no-stack',
      `There is no stack ${wanted} in this region and account. Check the name, AWS_REGION and AWS_PROFILE.`,
    )
  const missing = missingOutputs(found)
  if (missing.length > 0)
    throw new CliError(
      'no-stack',
      `Stack ${wanted} has no outputs ${missing.join(', ')}, as a Segue stack has. Name the stack that holds the construct, or finish deploying it.`,
    )
  return stackDeployment(found, ` --stack ${found.name}`)
}

function missingOutputs({ outputs }: Stack): string[] {
  return stackOutputs.filter((name) => !outputs[name])
}

function stackDeployment({ name, outputs }: Stack, flag: string): Deployment {
  const output = (key: string) => outputs[key] as string
  return {
    ...placeOf(output('RunStateMachineArn')),
    name: `stack ${name}`,
    flag,
    client: {},
    sourceTable: output('SourceTable'),
    destinationTable: output('DestinationTable'),
    ledgerTable: output('LedgerTable'),
    ...(outputs.SwitchTable && { switchTable: outputs.SwitchTable }),
    stateMachineArn: output('RunStateMachineArn'),
    ...(outputs.SourceStream && { sourceStream: outputs.SourceStream }),
    ...(outputs.CaptureMapping && { captureMapping: outputs.CaptureMapping }),
    ...(outputs.IndexMapping && { indexMapping: outputs.IndexMapping }),
    ...(outputs.PreflightFunction && { preflightFunction: outputs.PreflightFunction }),
    ...(outputs.AuditTable && { auditTable: outputs.AuditTable }),
    ...(outputs.SegueVersion && { version: outputs.SegueVersion }),
    ...(outputs.Options && { options: JSON.parse(outputs.Options) }),
  }
}

/** From `arn:aws:states:<region>:<account>:stateMachine:<name>`. */
function placeOf(stateMachineArn: string): Pick<Deployment, 'account' | 'region'> {
  const [, , , region = '', account = ''] = stateMachineArn.split(':')
  return { account, region }
}

type Local = z.output<typeof localSchema>

function parseLocal(text: string): Local {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {}
  const { data, error } = localSchema.safeParse(parsed)
  if (!data) {
    const problem = error?.issues[0]
    throw new CliError(
      'bad-local-file',
      `${localFile} is not valid (\`${problem?.path.join('.')}\`: ${problem?.message}). Start the local stack again, or delete the file.`,
    )
  }
  return data
}

function localDeployment({ endpoint, stack: _, ...local }: Local): Deployment {
  // Dummy keys, so that a request can never reach a real account.
  return {
    name: 'the local stack',
    flag: '',
    account: placeOf(local.stateMachineArn).account,
    client: { endpoint, region: local.region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } },
    ...local,
  }
}

async function readLocalFile(): Promise<string | undefined> {
  return readFile(localFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}

/** Every stack of the region; with a name, only that stack, or nothing if it does not exist. */
export async function* listStacks(client: CloudFormationClient, name: string | undefined): AsyncIterable<Stack> {
  try {
    for await (const { Stacks = [] } of paginateDescribeStacks(
      { client },
      name === undefined ? {} : { StackName: name },
    ))
      for (const { StackName = '', Outputs = [] } of Stacks)
        yield {
          name: StackName,
          outputs: Object.fromEntries(Outputs.map((o) => [o.OutputKey ?? '', o.OutputValue ?? ''])),
        }
  } catch (error) {
    // CloudFormation's error for a stack that does not exist and for a name that is not valid.
    if (name === undefined || (error as Error).name !== 'ValidationError') throw error
  }
}
