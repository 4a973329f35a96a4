import { expect, it } from 'vitest'
import { firstToFind } from './sabotage.ts'
import { verifySabotages } from './verify.ts'

it.each(verifySabotages)('the simulator finds $name', { timeout: 300_000 }, async (sabotage) => {
  const found = await firstToFind(sabotage)
  expect(sabotage.by).toContain(found?.violation?.name)
})
