import { expect, it } from 'vitest'
import { capacitySabotages } from './capacity.ts'
import { firstToFind } from './sabotage.ts'

it.each(capacitySabotages)('the simulator finds $name', { timeout: 300_000 }, async (sabotage) => {
  const found = await firstToFind(sabotage)
  expect(sabotage.by).toContain(found?.violation?.name)
})
