import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { nodeTooOld } from '../../../cli/node-version.ts'
import { ROOT } from '../../../local/paths.ts'

test.each(['22.12.0', '22.20.1', '24.0.0', '100.1.0'])('Node %s is new enough', (version) => {
  expect(nodeTooOld(version)).toBeUndefined()
})

test.each(['20.20.2', '22.11.9', '9.0.0'])('Node %s is too old, and the message says what to do', (version) => {
  expect(nodeTooOld(version)).toBe(
    `Segue needs Node 22.12 or later, and this is Node ${version}. Install a newer Node, then try again.`,
  )
})

test('the lowest Node is that of package.json', () => {
  const { engines } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { engines: { node: string } }
  expect(nodeTooOld('0.0.0')).toContain(`Node ${engines.node.slice(2)} or later`)
})
