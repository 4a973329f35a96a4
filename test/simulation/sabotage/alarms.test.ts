import { expect, it } from 'vitest'
import { alarmSabotages } from './alarms.ts'
import { firstToFind } from './sabotage.ts'

it.each(alarmSabotages)('the simulator finds $name', { timeout: 600_000 }, async (sabotage) => {
  const found = await firstToFind(sabotage)
  expect(sabotage.by).toContain(found?.violation?.name)
})
