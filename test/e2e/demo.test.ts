import { execFile } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ROOT } from '../../local/paths.ts'
import { down } from '../../local/stack.ts'
import { LocalState } from '../../local/state.ts'

/** Side by side: most of the time of each is spent waiting for the stream. */
describe.concurrent('The demo', () => {
  it('migrates a table while an application writes to it, and its kept stack is there for the commands it names', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'segue-demo-'))
    const state = path.join(folder, '.segue')
    onTestFinished(async () => void (await down(new LocalState(state))))
    const { code, output } = await npm(['demo', '--', '--items', '3000', '--keep'], state)
    expect(code, output).toBe(0)
    expect(output).toContain('The result is right.')
    const [, changes = '0'] = output.match(/live changes +([\d,]+) applied/) ?? []
    expect(Number(changes.replace(',', ''))).toBeGreaterThan(100)
    const steps = [...output.matchAll(/^ {2}npm run segue -- (\S+(?: \S+)*)/gm)].map(([, step = '']) => step)
    expect(steps).toContain('status --keys')
    for (const step of steps) {
      const shown = await node(path.join(ROOT, 'cli', 'main.ts'), step.split(' '), folder)
      // Items were made to be quarantined.
      expect([0, 4], shown.output).toContain(shown.code)
    }
    expect((await npm(['local', '--', 'down'], state)).output).toContain('Stopped.')
  })

  it('fails when an item of the destination is not what it should be', async () => {
    const { code, output } = await npm(['demo', '--', '--items', '2000', '--corrupt'])
    expect(code, output).toBe(1)
    expect(output).toContain('Wrong: the destination does not hold what it should.')
    expect(output).toContain('The emulator is stopped')
  })
})

interface Ended {
  code: number
  output: string
}

/** `npm run …`, with the local state in a folder of its own. */
function npm(args: string[], state?: string): Promise<Ended> {
  return run('npm', ['run', ...args], ROOT, state ? { SEGUE_LOCAL_STATE: state } : {})
}

function node(file: string, args: string[], cwd: string): Promise<Ended> {
  return run(process.execPath, [path.join(ROOT, 'node_modules', 'tsx', 'dist', 'cli.mjs'), file, ...args], cwd)
}

function run(command: string, args: string[], cwd: string, env: Record<string, string> = {}): Promise<Ended> {
  const options = { cwd, env: { ...process.env, NO_COLOR: '1', ...env }, maxBuffer: 10_000_000 }
  return new Promise((resolve) => {
    execFile(command, args, options, (error, out, err) =>
      resolve({ code: Number(error?.code ?? 0), output: out + err }),
    )
  })
}
