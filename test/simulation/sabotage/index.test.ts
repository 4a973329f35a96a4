import { expect, it } from 'vitest'
import { indexSabotages } from './index.ts'
import { firstToFind } from './sabotage.ts'

it.each(indexSabotages)('the simulator finds $name', { timeout: 300_000 }, async (sabotage) => {
  const found = await firstToFind(sabotage)
  expect(sabotage.by).toContain(found?.violation?.name)
})
