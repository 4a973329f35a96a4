import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { keepDays } from '../../../shared/ledger/keys.ts'
import { newTableWriteUnits, partitionWriteUnits } from '../../../shared/operator/plan/units.ts'
import { options, type Resource, synth } from '../infra/synth.ts'

const root = path.resolve(import.meta.dirname, '../../..')
const page = readFileSync(path.join(root, 'docs/requirements-and-limitations.md'), 'utf8')
const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))

test.each(Object.entries(manifest.peerDependencies as Record<string, string>))(
  'the requirements name the range of %s that the package asks for',
  (name, range) => expect(page).toContain(`\`${name}\` ${range}`),
)

test('the requirements name the oldest Node', () => {
  expect(page).toContain(`| ${manifest.engines.node.replace('>=', '')} or later`)
})

test('the limits are those of the code', () => {
  expect(page).toContain(`for ${keepDays} days`)
  expect(page).toContain(`${partitionWriteUnits.toLocaleString('en')} write units a second for one partition`)
  expect(page).toContain(`takes ${newTableWriteUnits.toLocaleString('en')} write units a second`)
})

test('what outlives the stack is what the page says is left', () => {
  const sourceStream = 'arn:aws:dynamodb:us-east-1:000000000000:table/orders/stream/2026-11-21'
  const all = Object.values(
    synth({ options: { ...options, sourceStream } }).toJSON().Resources as Record<string, Resource>,
  )
  const retained = new Set(
    all.filter(({ DeletionPolicy = '' }) => DeletionPolicy.startsWith('Retain')).map(({ Type }) => Type),
  )
  const named = {
    'AWS::DynamoDB::Table': '| The ledger table |',
    'AWS::S3::Bucket': '| The bucket of manifests |',
    'AWS::Logs::LogGroup': '| Log groups |',
  }
  // Versions go with their function, whatever CloudFormation would keep.
  expect([...retained].filter((type) => type !== 'AWS::Lambda::Version').sort()).toEqual(Object.keys(named).sort())
  for (const row of Object.values(named)) expect(page).toContain(row)
})
