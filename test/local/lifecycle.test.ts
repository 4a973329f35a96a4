import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { InvokeCommand } from '@aws-sdk/client-lambda'
import { describe, expect, it } from 'vitest'
import { isHealthy } from '../../local/emulator/start.ts'
import { localClient, startDynamoDbLocal } from '../../local/index.ts'
import { ROOT } from '../../local/paths.ts'
import { isAlive, waitFor } from '../../local/processes.ts'
import { openAccount } from './account.ts'

describe('the emulator', () => {
  it('takes its Lambda processes along when it is stopped, busy or not', async () => {
    const aws = await openAccount()
    const idle = await aws.createFunction('return process.pid')
    const busy = await aws.createFunction('for (;;) {}', { timeout: 60 })
    const { Payload } = await aws.lambda.send(new InvokeCommand({ FunctionName: idle }))
    const pid = Number(Buffer.from(Payload!).toString())
    expect(isAlive(pid)).toBe(true)
    const cut = aws.lambda.send(new InvokeCommand({ FunctionName: busy })).catch(() => 'cut off')
    await aws.emulator.stop()
    expect(await cut).toBe('cut off')
    expect(isAlive(pid)).toBe(false)
    expect(isAlive(aws.emulator.pid)).toBe(false)
    expect(existsSync(path.join(path.dirname(aws.emulator.logFile), 'tmp'))).toBe(false)
  })

  it('dies with the process that started it, even where that was killed', async () => {
    const code = `const { startEmulator } = await import(${JSON.stringify(path.join(ROOT, 'local/index.ts'))})
      const { pid, endpoint } = await startEmulator()
      console.log(JSON.stringify({ pid, endpoint })); setInterval(() => {}, 1000)`
    const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], { cwd: ROOT })
    const [line] = await once(parent.stdout.setEncoding('utf8'), 'data')
    const { pid, endpoint } = JSON.parse(line) as { pid: number; endpoint: string }
    expect(await isHealthy(endpoint)).toBe(true)
    parent.kill('SIGKILL')
    expect(await waitFor(() => !isAlive(pid), { timeoutMs: 3000 })).toBe(true)
  })
})

it('DynamoDB Local starts empty and stops', async () => {
  const local = await startDynamoDbLocal()
  const db = new DynamoDBClient({ ...localClient(local.endpoint), maxAttempts: 1 })
  expect((await db.send(new ListTablesCommand())).TableNames).toEqual([])
  await local.stop()
  await expect(db.send(new ListTablesCommand())).rejects.toThrow()
})
