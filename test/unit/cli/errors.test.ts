import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { chosenStack, findDeployment, type Stack } from '../../../cli/deployment.ts'
import { exitCodeHelp, exitCodes } from '../../../cli/exit-codes.ts'
import { runCli } from '../../../cli/program.ts'
import { memoryTerminal } from './fixtures.ts'

const outputs = Object.fromEntries(
  [
    'SourceTable',
    'DestinationTable',
    'LedgerTable',
    'RunStateMachineArn',
    'ChunkStateMachineArn',
    'ManifestBucket',
  ].map((n) => [n, n]),
)
const stack = (name: string): Stack => ({ name, outputs })
async function* stacks(...all: Stack[]) {
  yield* all
}

describe('finding the deployment', () => {
  const none = async () => undefined

  test('takes the only stack with the outputs of Segue', async () => {
    const found = await findDeployment(undefined, none, () =>
      stacks({ name: 'Other', outputs: { SourceTable: 'x' } }, stack('Night')),
    )
    expect(found).toMatchObject({
      name: 'stack Night',
      flag: '',
      sourceTable: 'SourceTable',
      stateMachineArn: 'RunStateMachineArn',
    })
  })

  test('lists the stacks when there are several, and takes the one asked for', () => {
    expect(() => chosenStack([stack('A'), stack('B')], undefined)).toThrow(
      'Several Segue stacks here: A, B. Choose one with --stack NAME.',
    )
    expect(chosenStack([stack('A'), stack('B')], 'B')).toMatchObject({ name: 'stack B', flag: ' --stack B' })
  })

  test('says which stacks there are when the one asked for is not among them', () => {
    expect(() => chosenStack([stack('A')], 'B')).toThrow('No Segue stack B in this region and account. There is: A.')
    expect(() => chosenStack([], undefined)).toThrow('Deploy one with `cdk deploy`')
  })

  const local = {
    endpoint: 'http://127.0.0.1:4566',
    region: 'us-east-1',
    sourceTable: 'alpha',
    destinationTable: 'beta',
    ledgerTable: 'ledger',
    stateMachineArn: 'arn',
  }

  test('takes the local stack of this folder with dummy credentials, unless a stack is named', async () => {
    const read = async () => JSON.stringify(local)
    const found = await findDeployment(undefined, read, () => stacks(stack('Night')))
    expect(found).toMatchObject({
      sourceTable: 'alpha',
      client: { endpoint: 'http://127.0.0.1:4566', credentials: { accessKeyId: 'test' } },
    })
    expect(await findDeployment('Night', read, () => stacks(stack('Night')))).toMatchObject({
      name: 'stack Night',
      client: {},
    })
  })

  test('says what is wrong with a local file', async () => {
    const read = async () => JSON.stringify({ ...local, ledgerTable: undefined })
    await expect(findDeployment(undefined, read)).rejects.toThrow('`ledgerTable`')
    await expect(findDeployment(undefined, async () => '{')).rejects.toThrow('is not what the local stack writes')
  })
})

describe('errors', () => {
  const fails = async (error: Error, ...args: string[]) => {
    const { terminal, errors } = memoryTerminal()
    const code = await runCli(['status', ...args], { open: () => Promise.reject(error), terminal })
    return { code, errors }
  }
  const named = (name: string, message = '') => Object.assign(new Error(message), { name })

  test.each([
    ['CredentialsProviderError', 'No AWS credentials found'],
    ['ExpiredTokenException', 'have expired'],
    ['ExpiredToken', 'have expired'],
    ['UnrecognizedClientException', 'does not know these credentials'],
  ])('%s is one sentence with the next step', async (name, words) => {
    const { code, errors } = await fails(named(name))
    expect(code).toBe(2)
    expect(errors).toEqual([expect.stringContaining(words)])
  })

  test('a missing region is named', async () => {
    expect((await fails(new Error('Region is missing'))).errors).toEqual([expect.stringContaining('AWS_REGION')])
  })

  test('what is unexpected ends with 1, and shows its stack only with --verbose', async () => {
    expect(await fails(new Error('boom'))).toEqual({ code: 1, errors: ['boom (--verbose shows more)'] })
    expect((await fails(new Error('boom'), '--verbose')).errors[1]).toContain('errors.test.ts')
  })

  test('an unknown command or option ends with 2', async () => {
    const { terminal } = memoryTerminal()
    const open = () => Promise.reject(new Error('not reached'))
    expect(await runCli(['destroy'], { open, terminal })).toBe(2)
    expect(await runCli(['watch', '--fast'], { open, terminal })).toBe(2)
    expect(await runCli(['--help'], { open, terminal })).toBe(0)
  })
})

test('the cheatsheet holds the table of exit codes', async () => {
  const text = await readFile('docs/cheatsheet.md', 'utf8')
  for (const [code, meaning] of Object.values(exitCodes)) {
    expect(text).toContain(`| ${code} | ${meaning} |`)
    expect(exitCodeHelp()).toContain(`${code}  ${meaning}`)
  }
})
