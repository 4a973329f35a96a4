import { InvalidArgumentError, Option } from 'commander'

const unitMs: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000 }

/** How long a watching command waits while AWS does not respond; ms once parsed. */
export function giveUpOption(): Option {
  return new Option(
    '--give-up <time>',
    'while watching, exit with 10 once AWS has not responded for this long: 90s, 10m, 2h',
  )
    .default(600_000, '10m')
    .argParser(parse)
}

/** How long a watching command watches at most; ms once parsed. */
export function forOption(): Option {
  return new Option(
    '--for <time>',
    'end after this time with exit code 9 if the run is still under way: 50m',
  ).argParser(parse)
}

function parse(text: string): number {
  const [, count, unit = ''] = text.match(/^([1-9]\d*)([smh])$/) ?? []
  if (count === undefined) throw new InvalidArgumentError('Expected a time such as 90s, 10m or 2h.')
  return Number(count) * (unitMs[unit] as number)
}
