import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { exitCodeHelp, exitCodes } from '../../../cli/exit-codes.ts'
import { runCli } from '../../../cli/program.ts'
import { DynamoDbError } from '../../../shared/dynamodb/errors.ts'
import { memoryTerminal } from './fixtures.ts'

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
    ['InvalidSignatureException', 'does not accept the secret key'],
  ])('%s is one sentence with the next step, whichever service says so', async (name, words) => {
    const { code, errors } = await fails(named(name))
    expect(code).toBe(2)
    expect(errors).toEqual([expect.stringContaining(words)])
    const serviceError = { serviceError: name }
    const table = new DynamoDbError('access-denied', `GetItem on the table ledger failed, ${name}: no.`)
    expect(await fails(Object.assign(table, serviceError))).toEqual({ code, errors })
  })

  test('a permission of a table that is lacking is named', async () => {
    const error = new DynamoDbError('access-denied', 'GetItem on the table ledger failed, AccessDeniedException: no.')
    const serviceError = { serviceError: 'AccessDeniedException' }
    expect(await fails(Object.assign(error, serviceError))).toEqual({ code: 2, errors: [error.message] })
  })

  test('a missing region is named', async () => {
    expect((await fails(new Error('Region is missing'))).errors).toEqual([expect.stringContaining('AWS_REGION')])
  })

  test('what is unexpected ends with 1, and shows its stack only with --verbose', async () => {
    expect(await fails(new Error('boom'))).toEqual({ code: 1, errors: ['boom (--verbose shows more)'] })
    expect((await fails(new Error('boom'), '--verbose')).errors[1]).toContain('errors.test.ts')
  })

  test('--verbose shows the code of an error, and what to do about it in general', async () => {
    const error = new DynamoDbError('table-not-found', 'There is no table alpha.')
    const { errors } = await fails(error, '--verbose')
    expect(errors[0]).toBe('There is no table alpha.')
    expect(errors[2]).toContain('table-not-found (docs/errors.md): Check the name of the table')
  })

  test('an unknown command or option ends with 2', async () => {
    const { terminal } = memoryTerminal()
    const open = () => Promise.reject(new Error('not reached'))
    expect(await runCli(['destroy'], { open, terminal })).toBe(2)
    expect(await runCli(['watch', '--fast'], { open, terminal })).toBe(2)
    expect(await runCli(['--help'], { open, terminal })).toBe(0)
  })
})

test('--version is that of the package', async () => {
  const { terminal, lines } = memoryTerminal()
  const { version } = JSON.parse(await readFile('package.json', 'utf8'))
  expect(await runCli(['--version'], { open: () => Promise.reject(new Error('not reached')), terminal })).toBe(0)
  expect(lines).toEqual([version])
})

test('the cheatsheet holds the table of exit codes', async () => {
  const text = await readFile('docs/cheatsheet.md', 'utf8')
  for (const [code, meaning] of Object.values(exitCodes)) {
    expect(text).toContain(`| ${code} | ${meaning} |`)
    expect(exitCodeHelp()).toContain(`${code}  ${meaning}`)
  }
})
