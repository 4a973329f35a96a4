import { InvalidArgumentError, Option } from 'commander'
import { OptionsError } from '../../shared/config/errors.ts'
import type { OperatorEngine } from '../../shared/operator/engine.ts'

/** Fewer slices at work at once than the deployment has. */
export function concurrencyOption(): Option {
  return new Option(
    '--concurrency <n>',
    'slices at work at once, until it ends or stops: as many as are deployed, or fewer (default: as many)',
  ).argParser(parse)
}

/** As an option of a run. @throws OptionsError for more than are deployed, which nothing would reserve. */
export function concurrencyOf(wanted: number | undefined, { deployment }: OperatorEngine): { concurrency?: number } {
  if (wanted === undefined) return {}
  const { concurrency: deployed } = (deployment.options ?? {}) as { concurrency?: unknown }
  if (typeof deployed === 'number' && wanted > deployed)
    throw new OptionsError([`expected at most ${deployed}, as many as are deployed, got ${wanted}`], '--concurrency')
  return { concurrency: wanted }
}

function parse(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('Expected a number of slices, such as 10.')
  return Number(text)
}
