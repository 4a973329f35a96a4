import { execFile } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

const root = path.resolve(import.meta.dirname, '../..')
const execute = promisify(execFile)

/** Runs a command there, on the Node of this process; returns what it wrote. @throws Error with all of it where it fails. */
export function inFolder(cwd: string): (command: string, ...args: string[]) => Promise<string> {
  const PATH = `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH}`
  return async (command, ...args) => {
    try {
      const { stdout } = await execute(command, args, {
        cwd,
        env: { ...process.env, PATH, NO_COLOR: '1' },
        maxBuffer: 1e8,
      })
      return stdout
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string }
      throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}\n${stderr}`)
    }
  }
}

/** Packs this checkout as npm would publish it; returns the path of the tarball. */
export async function tarball(): Promise<string> {
  const destination = await mkdtemp(path.join(tmpdir(), 'segue-package-'))
  const out = await inFolder(root)('npm', 'pack', '--silent', '--pack-destination', destination)
  return path.join(destination, out.trim().split('\n').at(-1) ?? '')
}
