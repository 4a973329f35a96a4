import { existsSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { LocalError } from '../errors.ts'
import { withLock } from '../lock.ts'
import { STATE_DIRECTORY } from '../paths.ts'
import { run } from '../processes.ts'
import { findPython, PYTHON_HINT } from '../tools.ts'

/** The patches in this folder assert on this version. */
const EMULATOR_VERSION = '1.5.33'

const HOME = path.join(STATE_DIRECTORY, 'emulator')
const VENV = path.join(HOME, `venv-${EMULATOR_VERSION}`)

/** The Python of the emulator's own environment, installed on first use (about 10 s, 90 MB). */
export async function installEmulator(log: (line: string) => void = () => {}): Promise<string> {
  const python = path.join(VENV, 'bin', 'python')
  const done = path.join(VENV, 'installed')
  if (existsSync(done)) return python
  return withLock(path.join(HOME, 'install.lock'), async () => {
    if (existsSync(done)) return python
    const base = await findPython()
    if (!base) throw new LocalError('tool-missing', `The local emulator needs Python 3.10 or newer. ${PYTHON_HINT}`)
    log(`Installing the local AWS emulator (ministack ${EMULATOR_VERSION}) into ${VENV}; once only.`)
    await mkdir(HOME, { recursive: true })
    await rm(VENV, { recursive: true, force: true })
    const venv = await run(base.path, ['-m', 'venv', VENV])
    if (venv.code !== 0)
      throw new LocalError('tool-missing', `${base.path} -m venv failed. ${PYTHON_HINT}\n${venv.output.trim()}`)
    const pip = await run(python, [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      `ministack==${EMULATOR_VERSION}`,
    ])
    if (pip.code !== 0) {
      throw new LocalError(
        'install-failed',
        `pip could not install ministack ${EMULATOR_VERSION}; is the Python package index reachable (PIP_INDEX_URL)?\n${pip.output.trim()}`,
      )
    }
    await writeFile(`${done}.tmp`, new Date().toISOString())
    await rename(`${done}.tmp`, done)
    return python
  })
}
