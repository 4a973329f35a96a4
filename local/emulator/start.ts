import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { LOCAL_REGION } from '../environment.ts'
import { LocalError } from '../errors.ts'
import { BIN_DIRECTORY, ROOT, STATE_DIRECTORY } from '../paths.ts'
import { freePort, stopGroup, waitFor } from '../processes.ts'
import { installEmulator } from './install.ts'

const HOME = path.join(STATE_DIRECTORY, 'emulator')
const DAY_MS = 24 * 60 * 60 * 1000
/** The start takes 0.3 s on an idle machine, and a hundred times as long on a busy one. */
const START_MS = 120_000

export interface Emulator {
  readonly endpoint: string
  /** Leader of its own process group; `stopGroup(pid)` ends it and every Lambda it started. */
  readonly pid: number
  readonly logFile: string
  /** Calls to tables with a maximum of units, one JSON line each; see `patches/throttle.py`. */
  readonly callsFile: string
  stop(): Promise<void>
}

export interface EmulatorOptions {
  /** Log and temporary files go here. @default a new folder under `.segue/emulator` */
  directory?: string
  /** @default a free one */
  port?: number
  /** Whether it continues after this process has ended; otherwise it dies with us, killed or not. @default false */
  outlive?: boolean
  /** Told about the installation on first use. */
  log?: (line: string) => void
}

/** Whether an emulator, or LocalStack in its place, responds there. */
export async function isHealthy(endpoint: string): Promise<boolean> {
  try {
    return (await fetch(`${endpoint}/_localstack/health`, { signal: AbortSignal.timeout(10_000) })).ok
  } catch {
    return false
  }
}

/** Starts an empty local AWS on 127.0.0.1; installs it on first use. */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const python = await installEmulator(options.log)
  await removeOldRuns()
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort())
    const directory = options.directory ?? path.join(HOME, `run-${port}`)
    const started = await launch(python, port, directory, options.outlive ?? false)
    if (started) return started
    const log = await readFile(path.join(directory, 'emulator.log'), 'utf8').catch(() => '')
    if (options.port === undefined && attempt < 3 && log.includes('already in use')) continue
    throw new LocalError(
      'start-failed',
      `The local emulator did not start on port ${port}. Its log, ${directory}/emulator.log, ends:\n${log.slice(-2000)}`,
    )
  }
}

async function launch(python: string, port: number, directory: string, outlive: boolean) {
  const endpoint = `http://127.0.0.1:${port}`
  const temporary = path.join(directory, 'tmp')
  const logFile = path.join(directory, 'emulator.log')
  const callsFile = path.join(directory, 'calls.log')
  await rm(temporary, { recursive: true, force: true })
  await mkdir(temporary, { recursive: true })
  // Lambda code runs below this folder; our own package.json ("type": "module") must not apply to its .js files.
  await writeFile(path.join(temporary, 'package.json'), '{}')
  const log = openSync(logFile, 'w')
  const child = spawn(python, ['-u', path.join(import.meta.dirname, 'serve.py')], {
    cwd: temporary,
    detached: true,
    stdio: [outlive ? 'ignore' : 'pipe', log, log],
    env: {
      PATH: [BIN_DIRECTORY, process.env.PATH].join(path.delimiter),
      HOME: process.env.HOME,
      LANG: 'C.UTF-8',
      // Lambda code is unpacked here and never deleted by the emulator; ours to remove.
      TMPDIR: temporary,
      // The handler behind CDK's autoDeleteObjects requires client-s3, which the real Lambda runtime brings along.
      NODE_PATH: path.join(ROOT, 'node_modules'),
      NODE_NO_WARNINGS: '1',
      SEGUE_CALLS: callsFile,
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      MINISTACK_REGION: LOCAL_REGION,
      LOG_LEVEL: process.env.SEGUE_EMULATOR_LOG_LEVEL ?? 'WARNING',
      // Both would listen on every address.
      IOT_MTLS_ENABLED: '0',
      SFTP_ENABLED: '0',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      PYTHONDONTWRITEBYTECODE: '1',
      ...(!outlive && { SEGUE_DIE_WITH_PARENT: '1' }),
    },
  })
  closeSync(log)
  let ended = false
  child.on('error', () => (ended = true)).on('exit', () => (ended = true))
  const pid = child.pid
  const healthy =
    pid !== undefined && (await waitFor(() => isHealthy(endpoint), { timeoutMs: START_MS, giveUp: () => ended }))
  child.unref()
  if (child.stdin && 'unref' in child.stdin) (child.stdin as unknown as { unref(): void }).unref()
  if (pid === undefined) return undefined
  const stop = async () => {
    await stopGroup(pid, 300)
    await rm(temporary, { recursive: true, force: true, maxRetries: 3 })
  }
  if (healthy && !ended) return { endpoint, pid, logFile, callsFile, stop } satisfies Emulator
  await stop()
  return undefined
}

/** Keeps logs for a day, to see what went wrong. */
async function removeOldRuns(): Promise<void> {
  for (const name of await readdir(HOME).catch(() => [])) {
    if (!name.startsWith('run-')) continue
    const log = await stat(path.join(HOME, name, 'emulator.log')).catch(() => undefined)
    if (log && Date.now() - log.mtimeMs > DAY_MS) await rm(path.join(HOME, name), { recursive: true, force: true })
  }
}
