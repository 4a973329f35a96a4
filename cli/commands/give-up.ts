import { InvalidArgumentError, Option } from 'commander'

const unitMs: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000 }

/** How long a command that watches a run waits for AWS when that does not answer; ms once parsed. */
export function giveUpOption(): Option {
  return new Option(
    '--give-up <time>',
    'while watching, end with 10 when AWS has not answered for so long: 90s, 10m, 2h',
  )
    .default(600_000, '10m')
    .argParser(parse)
}

function parse(text: string): number {
  const [, count, unit = ''] = text.match(/^([1-9]\d*)([smh])$/) ?? []
  if (count === undefined) throw new InvalidArgumentError('Expected a time as 90s, 10m or 2h.')
  return Number(count) * (unitMs[unit] as number)
}
