import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { InvokeCommand } from '@aws-sdk/client-lambda'
import { describe, expect, it, onTestFinished } from 'vitest'
import { isHealthy } from '../../local/emulator/start.ts'
import { localClient, startDynamoDbLocal } from '../../local/index.ts'
import { ROOT } from '../../local/paths.ts'
import { isAlive, waitFor } from '../../local/processes.ts'
import { openAccount, PATIENT } from './account.ts'

describe('the emulator', () => {
  it('takes its Lambda processes along when it is stopped, busy or not', async () => {
    const aws = await openAccount()
    const sign = aws.file()
    const note = `require('node:fs').writeFileSync(${JSON.stringify(sign)}, String(process.pid))`
    const idle = await aws.createFunction('return process.pid')
    const busy = await aws.createFunction(`${note}; for (;;) {}`, { timeout: 600 })
    const { Payload } = await aws.lambda.send(new InvokeCommand({ FunctionName: idle }))
    const idlePid = Number(Buffer.from(Payload!).toString())
    // The emulator may still say that the process is gone, or be gone itself.
    const cut = aws.lambda.send(new InvokeCommand({ FunctionName: busy })).then(
      ({ FunctionError }) => FunctionError !== undefined,
      () => true,
    )
    const busyPid = async () => Number(await readFile(sign, 'utf8').catch(() => ''))
    expect(await waitFor(async () => (await busyPid()) > 0, PATIENT)).toBe(true)
    const workers = [idlePid, await busyPid()]
    expect(workers.map(isAlive)).toEqual([true, true])
    await aws.emulator.stop()
    expect(await cut).toBe(true)
    for (const pid of [...workers, aws.emulator.pid]) expect(await ends(pid)).toBe(true)
    expect(existsSync(path.join(path.dirname(aws.emulator.logFile), 'tmp'))).toBe(false)
  })

  it('dies with the process that started it, even where that was killed', async () => {
    const code = `const { startEmulator } = await import(${JSON.stringify(path.join(ROOT, 'local/index.ts'))})
      const { pid, endpoint } = await startEmulator()
      console.log(JSON.stringify({ pid, endpoint })); setInterval(() => {}, 1000)`
    const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], { cwd: ROOT })
    onTestFinished(() => void parent.kill('SIGKILL'))
    const [line] = await once(parent.stdout.setEncoding('utf8'), 'data')
    const { pid, endpoint } = JSON.parse(line) as { pid: number; endpoint: string }
    expect(await waitFor(() => isHealthy(endpoint), PATIENT)).toBe(true)
    parent.kill('SIGKILL')
    expect(await ends(pid)).toBe(true)
  })
})

it('DynamoDB Local starts empty and stops', async () => {
  const local = await startDynamoDbLocal()
  const db = new DynamoDBClient({ ...localClient(local.endpoint), maxAttempts: 1 })
  expect((await db.send(new ListTablesCommand())).TableNames).toEqual([])
  await local.stop()
  await expect(db.send(new ListTablesCommand())).rejects.toThrow()
})

function ends(pid: number): Promise<boolean> {
  return waitFor(() => !isAlive(pid), PATIENT)
}
