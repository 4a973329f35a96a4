import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { EXAMPLE, STATE_DIRECTORY } from './paths.ts'

/** The local stack, as the CLI finds it (`.segue/local.json`). */
export interface LocalStack {
  /** Name of the CloudFormation stack. */
  readonly stack: string
  /** Folder of the CDK app that it was deployed from. */
  readonly app: string
  readonly endpoint: string
  readonly region: string
  readonly sourceTable: string
  readonly destinationTable: string
  readonly ledgerTable: string
  readonly switchTable?: string
  readonly stateMachineArn: string
  /** ARN of the source's stream, where live changes are captured. */
  readonly sourceStream?: string
  /** UUID of the mapping that carries them. */
  readonly captureMapping?: string
  /** ARN of the function that knows the deployed migrations. */
  readonly preflightFunction?: string
  /** The table that remembers who did what. */
  readonly auditTable?: string
  /** Version of Segue that it was deployed with. */
  readonly version?: string
  /** The options it was deployed with. */
  readonly options?: { readonly sliceSeconds: number }
}

/** The emulator that `up` started (`.segue/emulator.json`); absent with an endpoint from AWS_ENDPOINT_URL. */
export interface LocalProcess {
  readonly pid: number
  readonly endpoint: string
  readonly logFile: string
}

/** The state that `up` writes and `status` and `down` read: two files in one folder, and a copy of the first in the app's. */
export class LocalState {
  readonly #stack: string
  readonly #process: string

  /** @param folder for tests; a command gets it by the environment variable. */
  constructor(folder = process.env.SEGUE_LOCAL_STATE ?? STATE_DIRECTORY) {
    this.#stack = path.join(folder, 'local.json')
    this.#process = path.join(folder, 'emulator.json')
  }

  readStack(): Promise<LocalStack | undefined> {
    return read<LocalStack>(this.#stack)
  }

  /** The copy is for `npx segue` in the folder of one's own app. */
  async writeStack(stack: LocalStack): Promise<void> {
    await this.#forgetCopy()
    await write(this.#stack, stack)
    if (stack.app !== EXAMPLE) await write(copyFor(stack), stack)
  }

  readProcess(): Promise<LocalProcess | undefined> {
    return read<LocalProcess>(this.#process)
  }

  writeProcess(started: LocalProcess): Promise<void> {
    return write(this.#process, started)
  }

  /** Forget the stack and the process. */
  async clear(): Promise<void> {
    await this.#forgetCopy()
    for (const file of [this.#stack, this.#process]) await rm(file, { force: true })
  }

  async #forgetCopy(): Promise<void> {
    const before = await this.readStack()
    if (before && before.app !== EXAMPLE) await rm(copyFor(before), { force: true })
  }
}

function copyFor({ app }: LocalStack): string {
  return path.join(app, '.segue', 'local.json')
}

async function read<T>(file: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as T
  } catch {
    return undefined
  }
}

/** Writes the whole file at once, because another process may be reading it. */
async function write(file: string, value: object): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(`${file}.${process.pid}`, `${JSON.stringify(value, null, 2)}\n`)
  await rename(`${file}.${process.pid}`, file)
}
