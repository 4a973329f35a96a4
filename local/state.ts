import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { STATE_DIRECTORY } from './paths.ts'

/** Where the local stack is: what the CLI and the page read to find it (`.segue/local.json`). */
export interface LocalStack {
  readonly endpoint: string
  readonly region: string
  readonly sourceTable: string
  readonly destinationTable: string
  readonly ledgerTable: string
  readonly stateMachineArn: string
  /** ARN of the source's stream, where live changes are captured. */
  readonly sourceStream?: string
  /** UUID of the mapping that carries them. */
  readonly captureMapping?: string
  /** The options it was deployed with. */
  readonly options?: unknown
}

/** The emulator that `up` has started (`.segue/emulator.json`); absent where the endpoint is somebody else's. */
export interface LocalProcess {
  readonly pid: number
  readonly endpoint: string
  readonly logFile: string
}

const STACK = path.join(STATE_DIRECTORY, 'local.json')
const PROCESS = path.join(STATE_DIRECTORY, 'emulator.json')

export const readStack = () => read<LocalStack>(STACK)
export const writeStack = (stack: LocalStack) => write(STACK, stack)
export const readProcess = () => read<LocalProcess>(PROCESS)
export const writeProcess = (started: LocalProcess) => write(PROCESS, started)

/** Forget the stack and the process. */
export async function clearState(): Promise<void> {
  for (const file of [STACK, PROCESS]) await rm(file, { force: true })
}

async function read<T>(file: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as T
  } catch {
    return undefined
  }
}

/** Whole or not at all: somebody may be reading. */
async function write(file: string, value: object): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(`${file}.${process.pid}`, `${JSON.stringify(value, null, 2)}\n`)
  await rename(`${file}.${process.pid}`, file)
}
