import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { nextSteps } from '../../local/next-steps.ts'
import { ROOT } from '../../local/paths.ts'
import { isAlive, waitFor } from '../../local/processes.ts'
import { seed } from '../../local/seed.ts'
import { down, status, up } from '../../local/stack.ts'
import { type LocalStack, LocalState } from '../../local/state.ts'
import { PATIENT } from './account.ts'

const APP = path.join(import.meta.dirname, 'apps', 'orders')
const ITEMS = 3_000

describe('`up` for an app of one’s own', () => {
  let state: LocalState
  let stack: LocalStack

  beforeAll(async () => {
    vi.stubEnv('AWS_ENDPOINT_URL', undefined)
    state = new LocalState(await mkdtemp(path.join(tmpdir(), 'segue-up-')))
    stack = await up({ app: APP, sliceSeconds: 8, log: () => {}, state })
  })
  afterAll(async () => {
    await down(state)
    vi.unstubAllEnvs()
  })

  it('deploys with the measure of this machine in place of production’s, and keeps the other options', () => {
    expect(stack).toMatchObject({ stack: 'Orders', app: APP })
    expect(stack.options).toMatchObject({
      sliceSeconds: 8,
      splitAfterSeconds: 2,
      concurrency: 10,
      segments: 40,
      logRetentionDays: 7,
    })
  })

  it('fills the source with items that fit its key schema, which a live run migrates', async () => {
    expect(await seed(stack.endpoint, stack.sourceTable, APP, ITEMS)).toBe(
      `3,000 items put into ${stack.sourceTable}, 70 % of them under one partition key`,
    )
    const run = await segue('run', '--wait')
    expect(run.code, run.output).toBe(0)
    expect(run.output).toContain('3,000 items read, 3,000 items written')
    expect(run.output).toContain('Verified: no differences.')
  })

  it('names commands that work, in the folder of the app too', async () => {
    const steps = nextSteps(stack, 'seeded').flatMap((line) => line.match(/segue -- (\w+(?: --\w+)*)/)?.[1] ?? [])
    expect(steps).toContain('status --keys')
    for (const step of steps.filter((each) => !each.startsWith('run'))) {
      const { code, output } = await segue(...step.split(' '))
      // The destination is full by now, so a plan says that it would be refused.
      expect(code, output).toBe(step === 'plan' ? 2 : 0)
    }
  })

  it('is deployed again onto the emulator that runs', async () => {
    const before = await state.readProcess()
    await up({ app: APP, sliceSeconds: 8, log: () => {}, state })
    expect(await state.readProcess()).toEqual(before)
    expect(await status(state)).toMatchObject({ healthy: true, stack: { stack: 'Orders' } })
  })

  it('leaves nothing behind after `down`', async () => {
    const { pid } = (await state.readProcess())!
    expect(existsSync(path.join(APP, '.segue', 'local.json'))).toBe(true)
    expect(await down(state)).toBe(true)
    expect(await waitFor(() => !isAlive(pid), PATIENT)).toBe(true)
    expect(existsSync(path.join(APP, '.segue', 'local.json'))).toBe(false)
    expect(await status(state)).toEqual({ stack: undefined, emulator: undefined, healthy: false })
    expect(await down(state)).toBe(false)
  })
})

it('`up` for a folder without an app says what it misses', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'segue-up-'))
  await expect(up({ app: folder, sliceSeconds: 8, log: () => {}, state: new LocalState(folder) })).rejects.toThrow(
    /no cdk\.json/,
  )
})

/** The real command in the app's folder, which names no stack: it finds the local one. */
function segue(...args: string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const tsx = path.join(ROOT, 'node_modules', 'tsx', 'dist', 'cli.mjs')
    const child = spawn(process.execPath, [tsx, path.join(ROOT, 'cli', 'main.ts'), ...args], { cwd: APP })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => {
        output += text
      })
    child.on('error', reject).on('close', (code) => resolve({ code: code ?? -1, output }))
  })
}
