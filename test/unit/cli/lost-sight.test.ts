import { describe, expect, test } from 'vitest'
import { runCli } from '../../../cli/program.ts'
import { DynamoDbError } from '../../../shared/dynamodb/errors.ts'
import { aRun, aSegment, memoryTerminal, memoryWorld, store } from './fixtures.ts'
import { done, finished } from './set-up.ts'

function setUp() {
  const memory = memoryWorld()
  const output = memoryTerminal()
  const segue = (...args: string[]) => runCli(args, { open: async () => memory.world, terminal: output.terminal })
  return { ...memory, ...output, segue }
}

const expired = Object.assign(new Error('The security token has expired'), { name: 'ExpiredTokenException' })
const denied = Object.assign(new Error('User is not authorized to perform: states:DescribeExecution.'), {
  name: 'AccessDeniedException',
})
const fails = (error: Error) => () => Promise.reject(error)
const shouldContinue = 'Lost the connection to the run, which continues (watch it with `segue watch`):'

describe('after a run was started', () => {
  test.each(['run --wait', 'run', 'verify --wait', 'repair --wait --yes'])(
    '`segue %s` does not say that nothing was begun when credentials expire',
    async (command) => {
      const { segue, errors, started, world, ledger } = setUp()
      if (!command.startsWith('run')) await store(ledger, aRun(finished), done, { held: false })
      world.executions.describe = fails(expired)
      expect(await segue(...command.split(' '))).toBe(1)
      expect(started).toHaveLength(1)
      expect(errors).toEqual([`${shouldContinue} The AWS credentials have expired. Log in again (\`aws sso login\`).`])
    },
  )

  test.each([denied, new Error('boom')])('nor when it fails with %s', async (error) => {
    const { segue, errors, world } = setUp()
    world.executions.describe = fails(error)
    expect(await segue('run', '--wait')).toBe(1)
    expect(errors[0]).toContain(`${shouldContinue} ${error.message}`)
  })

  test('the command to look again names the stack', async () => {
    const { segue, errors, world } = setUp()
    world.deployment.flag = ' --stack Night'
    world.executions.describe = fails(expired)
    await segue('run')
    expect(errors[0]).toContain('(watch it with `segue watch --stack Night`)')
  })

  test('--verbose shows where it failed', async () => {
    const { segue, errors, world } = setUp()
    const boom = new Error('boom')
    world.executions.describe = fails(boom)
    await segue('run', '--wait', '--verbose')
    expect(errors[1]).toBe(boom.stack)
  })

  test('a start that is denied has begun nothing', async () => {
    const { segue, errors, world } = setUp()
    world.executions.start = fails(denied)
    expect(await segue('run', '--wait')).toBe(2)
    expect(errors[0]).not.toContain('goes on')
  })
})

describe('segue watch', () => {
  test('does not say that nothing was begun when it loses sight of a run', async () => {
    const { segue, errors, ledger, meanwhile } = setUp()
    await store(ledger, aRun(), [aSegment(0, 500), aSegment(1, 0)])
    meanwhile.push(() => {
      ledger.get = fails(new DynamoDbError('access-denied', 'GetItem failed, denied.'))
    })
    expect(await segue('watch')).toBe(1)
    expect(errors).toEqual([`${shouldContinue} GetItem failed, denied.`])
  })

  test('refuses when it may not look at all', async () => {
    const { segue, errors, ledger } = setUp()
    ledger.get = fails(new DynamoDbError('access-denied', 'GetItem failed, denied.'))
    expect(await segue('watch')).toBe(2)
    expect(errors).toEqual(['GetItem failed, denied.'])
  })
})
