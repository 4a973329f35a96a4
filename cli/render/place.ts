import type { Deployed } from '../../shared/operator/engine.ts'

/** `stack Night (account 000000000000, region us-east-1)`. */
export function placeText({ name, account, region }: Pick<Deployed, 'name' | 'account' | 'region'>): string {
  return `${name} (account ${account}, region ${region})`
}
