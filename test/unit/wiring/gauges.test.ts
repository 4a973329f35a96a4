import { expect, test } from 'vitest'
import { gaugesLine } from '../../../functions/wiring/gauges.ts'
import { gauges } from '../../../shared/config/gauges.ts'

test('what the watchdog measures is one line of the embedded metric format, with the stack as the only dimension', () => {
  const values = Object.fromEntries(Object.keys(gauges).map((name, i) => [name, i]))
  const stack = 'arn:aws:cloudformation:eu-west-1:111122223333:stack/Night/0a1b'
  const line = gaugesLine(stack, values, 1_700_000_000_000)
  expect(line).not.toContain('\n')
  expect(JSON.parse(line)).toEqual({
    _aws: {
      Timestamp: 1_700_000_000_000,
      CloudWatchMetrics: [
        {
          Namespace: 'Segue',
          Dimensions: [['stack']],
          Metrics: Object.entries(gauges).map(([Name, { unit: Unit }]) => ({ Name, Unit })),
        },
      ],
    },
    stack: 'Night',
    ...values,
  })
})
