import path from 'node:path'
import { expect, it } from 'vitest'
import { ROOT } from '../../local/paths.ts'
import { run } from '../../local/processes.ts'

it('the doctor says which commands lack what, and how to get it', async () => {
  const { code, output } = await run(
    process.execPath,
    [path.join(ROOT, 'node_modules', 'tsx', 'dist', 'cli.mjs'), path.join(ROOT, 'local', 'doctor.ts')],
    { env: { ...process.env, SEGUE_PYTHON: 'no-such-python', AWS_ENDPOINT_URL: undefined, NO_COLOR: '1' } },
  )
  expect(code, output).toBe(1)
  expect(output).toMatch(/missing Python +- /)
  expect(output).toContain('SEGUE_PYTHON')
  for (const command of ['npm run demo', 'npm run local', 'npm test'])
    expect(output).toMatch(new RegExp(`^${command} +needs Python, Python venv$`, 'm'))
  expect(output).toMatch(/^npm run e2e:localstack +needs LocalStack$/m)
})
